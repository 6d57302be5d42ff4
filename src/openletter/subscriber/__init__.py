"""Subscribers: whose networks they are, who is told, and in what form."""
