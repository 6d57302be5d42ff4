"""How POP3 and IMAP products talk, as seen from outside before anyone logs in."""
