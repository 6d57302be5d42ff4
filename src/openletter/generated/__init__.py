"""Stores made from the simulated world without a network: to try the dashboard on, and to measure it."""
