"""Real mail servers on loopback addresses, and the truth about them, found by logging in."""
