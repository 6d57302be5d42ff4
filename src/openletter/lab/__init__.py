"""Peers to test against: a simulated Internet on loopback, and real servers. Imports nothing of what it tests."""
