"""POP3 and IMAP on the wire: bytes in, typed replies out. No socket, no TLS, no clock.

Readers are pulled: ``receive`` takes whatever the transport brought, ``next`` gives one event or ``None`` when more
bytes are needed. How the bytes were cut on their way never changes what comes out.
"""
