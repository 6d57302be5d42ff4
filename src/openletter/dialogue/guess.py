"""Whose voice it is that greets us on a mail port and is not the one we asked for."""

from openletter.dialogue.observation import Protocol

_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"SSH-", "ssh"),  # RFC 4253 §4.2
    (b"HTTP/", "http"),  # RFC 9112 §4
    (b"<!DOCTYPE", "http"),
    (b"<HTML", "http"),
    (b"+OK", "pop3"),
    (b"-ERR", "pop3"),
    (b"* OK", "imap"),
    (b"* PREAUTH", "imap"),
    (b"* BYE", "imap"),
    (b"RFB ", "vnc"),  # RFC 6143 §7.1.1
)

_MAIL_BEGINNINGS = {
    Protocol.IMAP: (b"* OK", b"* PREAUTH", b"* BYE"),
    Protocol.POP3: (b"+OK", b"-ERR"),
}


def guess(said: bytes) -> str:
    """One word for the first bytes of a peer: ``ssh``, ``http``, ``smtp``, ``ftp``, ``pop3``, ``imap``, ``vnc``,
    ``text``, ``binary``."""
    upper = said[:64].upper()
    for beginning, name in _BEGINNINGS:
        if upper.startswith(beginning):
            return name
    # RFC 5321 §4.2 and RFC 959 §5.4 greet with the same code; only the words tell them apart.
    if upper[:4] in (b"220 ", b"220-", b"554 ", b"421 "):
        return "ftp" if b"FTP" in said[:512].upper() else "smtp"
    shown = said[:64]
    return "text" if shown.isascii() and shown.translate(None, b"\r\n\t").decode().isprintable() else "binary"


def may_become_greeting(partial: bytes, protocol: Protocol) -> bool:
    """Whether bytes without a line end may yet become a greeting of ``protocol``. A slow server is not another protocol."""
    upper = partial.upper()
    return any(b.startswith(upper) or upper.startswith(b) for b in _MAIL_BEGINNINGS[protocol])


def is_tls_record(said: bytes) -> bool:
    """Whether the first bytes are a TLS record: content type 20 to 23, major version 3 (RFC 8446 §5.1)."""
    return len(said) >= 2 and 20 <= said[0] <= 23 and said[1] == 3
