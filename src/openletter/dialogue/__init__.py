"""What is said to an endpoint, step by step, and what was seen: no socket, no clock."""
