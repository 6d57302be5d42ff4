"""Observations and verdicts, told: to a person at a terminal, and to a program."""
