"""What every client's handshake has in common: the octets that came before TLS made sense of them, and names for its ends."""

from openletter.dialogue.notes import MAX_SHOWN
from openletter.dialogue.observation import Handshake, HandshakeOutcome
from openletter.dialogue.step import Lost
from openletter.tls.hello import alert, is_record, server_hello

MAX_HANDSHAKE = 262_144
"""Octets that a peer may send up to the end of a handshake. OpenSSL takes chains of 100 kB at most."""

MAX_INSIDE = 524_288
"""Octets of the wire that a peer may send in a whole session. Twice what the grammar reads: records cost their share,
and a flood of what is no mail (requests for new keys, say, each of which is answered) ends here."""

_FIRST_FLIGHT = 1_024
"""Octets kept of the peer's first flight: a ServerHello has about 100."""

_LOST = {
    Lost.TIMEOUT: HandshakeOutcome.TIMEOUT,
    Lost.CLOSED: HandshakeOutcome.CLOSED,
    Lost.RESET: HandshakeOutcome.RESET,
}


class Handshaking:
    """Mutable; the base of a session."""

    __slots__ = ("_first", "_offers_tls13", "_received")

    def __init__(self, *, offers_tls13: bool) -> None:
        self._first = b""
        self._received = 0
        self._offers_tls13 = offers_tls13

    def lost(self, why: Lost) -> Handshake:
        """See ``tls.session.Session``."""
        return self._failed(_LOST[why], "" if self._first else "no_data")

    def _heard(self, data: bytes) -> Handshake | None:
        """Take note of what came, before TLS is given it; the result where that needs no TLS to be seen."""
        if len(self._first) < _FIRST_FLIGHT:
            self._first += data[: _FIRST_FLIGHT - len(self._first)]
            if not is_record(self._first):
                return Handshake(outcome=HandshakeOutcome.PLAINTEXT, plaintext=self._first[:MAX_SHOWN])
        self._received += len(data)
        if self._received > MAX_HANDSHAKE:
            return self._failed(HandshakeOutcome.INVALID, "too_much_data")
        return None

    def _floods(self, data: bytes) -> bool:
        """Take note of what came inside TLS; whether that is more than an honest server has to say."""
        self._received += len(data)
        return self._received > MAX_INSIDE

    def _refused(self, reason: str) -> Handshake:
        """The end that OpenSSL gives a reason for, such as ``TLSV1_ALERT_PROTOCOL_VERSION`` or ``wrong version number``."""
        name = alert(self._first)
        if name:
            return self._failed(HandshakeOutcome.ALERT, name)
        reason = reason.lower().replace(" ", "_") or "unknown"
        _, is_alert, inner = reason.partition("_alert_")
        return self._failed(
            HandshakeOutcome.ALERT if is_alert else HandshakeOutcome.INVALID, inner if is_alert else reason
        )

    def _failed(self, outcome: HandshakeOutcome, detail: str) -> Handshake:
        hello = server_hello(self._first)
        if hello is None:
            return Handshake(outcome=outcome, detail=detail)
        # OpenSSL ends a handshake with the sentinel in it, so only a failed one can show it.
        return Handshake(
            outcome=outcome,
            version=hello.version,
            detail=detail,
            downgraded=self._offers_tls13 and hello.downgrade_sentinel,
        )
