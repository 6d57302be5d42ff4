"""All that Openletter ever says. The set is closed: each command is a constant, so none can carry a credential.

``AUTHENTICATE PLAIN`` and ``AUTH PLAIN``, the ``*`` that cancels them (RFC 9051 §6.2.2, RFC 5034 §4) and ``USER x`` are
the credential-free confirmation of VERDICTS §4; ``x`` is the same for everyone, and no PASS follows it: there is none here.
"""

from enum import Enum
from functools import cached_property


class Command(bytes, Enum):
    IMAP_CAPABILITY = b"a1 CAPABILITY\r\n"
    IMAP_STARTTLS = b"a2 STARTTLS\r\n"
    IMAP_CAPABILITY_INSIDE = b"a3 CAPABILITY\r\n"
    IMAP_AUTHENTICATE_PLAIN = b"a4 AUTHENTICATE PLAIN\r\n"
    IMAP_LOGOUT = b"a9 LOGOUT\r\n"
    POP3_CAPA = b"CAPA\r\n"
    POP3_STLS = b"STLS\r\n"
    POP3_AUTH_PLAIN = b"AUTH PLAIN\r\n"
    POP3_USER = b"USER x\r\n"
    POP3_QUIT = b"QUIT\r\n"
    CANCEL = b"*\r\n"

    @cached_property
    def is_farewell(self) -> bool:
        """RFC 9051 §6.1.3, RFC 1939 §5. Whether it is answered changes nothing."""
        return self.value in (b"a9 LOGOUT\r\n", b"QUIT\r\n")

    @cached_property
    def octets(self) -> bytes:
        """What goes over the wire, as plain bytes."""
        return bytes(self.value)

    @cached_property
    def tag(self) -> bytes:
        """IMAP: the tag that the answer must bear."""
        return self.value.partition(b" ")[0]


CONFIRMING = frozenset(
    {Command.IMAP_AUTHENTICATE_PLAIN, Command.POP3_AUTH_PLAIN, Command.POP3_USER, Command.CANCEL}
)
"""Commands that only a caller who says ``confirm`` may cause to be sent."""
