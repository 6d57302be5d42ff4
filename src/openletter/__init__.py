"""Openletter: surveys POP3 and IMAP servers for missing TLS, and says on what evidence."""

__version__ = "0.1.0"
