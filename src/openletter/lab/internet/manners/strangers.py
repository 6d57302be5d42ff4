"""Those who speak neither POP3 nor IMAP, or do not speak at all."""

from openletter.lab.internet.speech import Conduct, Manner, Speech
from openletter.lab.internet.truth import Facts, Opening

HTTP = (
    b"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\nContent-Type: text/html\r\nContent-Length: 15\r\n"
    b"Connection: close\r\n\r\n<h1>400</h1>\r\n\r\n"
)
ALERT_RECORD = b"\x15\x03\x01\x00\x02\x02\x50"
"""A fatal internal_error (RFC 8446 §6)."""


def _stranger(name: str, greeting: bytes, conduct: Conduct = Conduct.SPEAK, flood: bytes = b"") -> Manner:
    return Manner(name, "", Facts(opening=Opening.OTHER), Speech(greeting, flood=flood), conduct=conduct)


SSH = _stranger("ssh", b"SSH-2.0-OpenSSH_8.4p1 Debian-5+deb11u3\r\n")
HTTP_SERVER = _stranger("http", HTTP)
SMTP = _stranger("smtp", b"220 mail.example.org ESMTP Postfix (Debian/GNU)\r\n")
FTP = _stranger("ftp", b"220 (vsFTPd 3.0.3)\r\n")
BINARY = _stranger(
    "binary", b"\x4a\x00\x00\x00\x0a8.0.36\x00\x9c\x01\x00\x00\xff\xf7\x2d\r\n\x00\x00\x00\xff\xdf\x15\n"
)
POP3_ON_IMAP = _stranger("pop3-on-the-imap-port", b"+OK Dovecot ready.\r\n")
IMAP_ON_POP3 = _stranger("imap-on-the-pop3-port", b"* OK Dovecot ready.\r\n")
ENDLESS_LINE = _stranger("endless-line", b"", Conduct.FLOOD, b"and so on and on " * 4096)
TLS_RECORD = Manner(
    "tls-record",
    "",
    Facts(opening=Opening.TLS_RECORD),
    Speech(ALERT_RECORD),
    conduct=Conduct.SAY_AND_CLOSE,
)
MUTE = Manner("mute", "", Facts(opening=Opening.NOTHING), Speech(b""), conduct=Conduct.SILENT)
HANGING_UP = Manner("hanging-up", "", Facts(opening=Opening.NOTHING), Speech(b""), conduct=Conduct.HANG_UP)
RESETTING = Manner("resetting", "", Facts(opening=Opening.RESET), Speech(b""), conduct=Conduct.RESET)
MANNERS = (
    SSH,
    HTTP_SERVER,
    SMTP,
    FTP,
    BINARY,
    POP3_ON_IMAP,
    IMAP_ON_POP3,
    ENDLESS_LINE,
    TLS_RECORD,
    MUTE,
    HANGING_UP,
    RESETTING,
)
