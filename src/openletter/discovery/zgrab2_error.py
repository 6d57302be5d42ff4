"""Go's words for what went wrong, in ours: those of its ``net`` and ``crypto/tls`` (``alert.go``), as zgrab2 passes them on."""

from openletter.dialogue.observation import HandshakeOutcome, Tcp

_ALERTS = {
    "unexpected message": "unexpected_message",
    "bad record MAC": "bad_record_mac",
    "record overflow": "record_overflow",
    "handshake failure": "handshake_failure",
    "bad certificate": "bad_certificate",
    "illegal parameter": "illegal_parameter",
    "access denied": "access_denied",
    "error decoding message": "decode_error",
    "error decrypting message": "decrypt_error",
    "protocol version not supported": "protocol_version",
    "insufficient security level": "insufficient_security",
    "internal error": "internal_error",
    "inappropriate fallback": "inappropriate_fallback",
    "missing extension": "missing_extension",
    "unsupported extension": "unsupported_extension",
    "unrecognized name": "unrecognized_name",
    "no application protocol": "no_application_protocol",
}
"""Go's text to the name in RFC 8446 §6."""

_REMOTE = "remote error: "


def alert_of(error: str) -> str:
    """The alert that the peer sent, by the name of RFC 8446; ``other`` for one that is not in the list."""
    words = error.partition(_REMOTE)[2].removeprefix("tls: ")
    return _ALERTS.get(words, "other")


def connect_failure(error: str) -> Tcp:
    """Why there was no connection. zgrab2 calls all of them a timeout, and gives Go's words."""
    if "connection refused" in error:
        return Tcp.REFUSED
    if "unreachable" in error or "no route to host" in error:
        return Tcp.UNREACHABLE
    return Tcp.RESET if "reset by peer" in error else Tcp.TIMEOUT


def handshake_failure(error: str) -> HandshakeOutcome:
    """How a handshake failed."""
    if _REMOTE in error:
        return HandshakeOutcome.ALERT
    if "reset by peer" in error or "broken pipe" in error:
        return HandshakeOutcome.RESET
    if error == "EOF" or error.endswith(": EOF"):
        return HandshakeOutcome.CLOSED
    if "timeout" in error or "deadline exceeded" in error:
        return HandshakeOutcome.TIMEOUT
    if "does not look like a TLS handshake" in error or "oversized record" in error:
        return HandshakeOutcome.PLAINTEXT
    return HandshakeOutcome.INVALID
