"""Which endpoints are open: what other scanners wrote, and a connect scan of our own."""
