"""Reports by mail: what is said, the outbox that survives a crash, and the way to a server that speaks TLS or gets nothing."""
