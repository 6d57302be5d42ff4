"""Moves the bytes: thousands of dialogues at once, each held to its deadlines, all held to the pace."""
