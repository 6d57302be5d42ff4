"""What one dialogue with one endpoint saw: facts, never an opinion.

The vocabulary is that of VERDICTS §1. Every outcome is a member of an enumeration, the same for POP3 and IMAP;
an unknown is a value with a reason. Bytes that came over the wire stay bytes here; whoever shows them escapes them.
"""

from enum import StrEnum

import msgspec


class Protocol(StrEnum):
    IMAP = "imap"
    POP3 = "pop3"


class Mode(StrEnum):
    """How TLS begins on the endpoint."""

    CLEARTEXT = "cleartext"
    """110 and 143: the server greets in the clear, TLS comes by STLS or STARTTLS."""
    IMPLICIT = "implicit"
    """995 and 993: TLS from the first byte (RFC 8314 §3)."""


class Tcp(StrEnum):
    OPEN = "open"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    RESET = "reset"
    """Reset while connecting, or before the peer had sent a byte."""
    UNREACHABLE = "unreachable"


class Greeting(StrEnum):
    OK = "ok"
    """``* OK`` or ``+OK``."""
    PREAUTH = "preauth"
    """``* PREAUTH``: the session is logged in already (RFC 9051 §7.1.4)."""
    BYE = "bye"
    """``* BYE``: an IMAP server that turns us away (RFC 9051 §7.1.5)."""
    ERR = "err"
    """``-ERR``: a POP3 server that turns us away."""
    OTHER = "other"
    """Something was said that is no greeting of this protocol; see ``Observation.guess``."""
    TLS_RECORD = "tls_record"
    """A cleartext port whose first bytes are a TLS record."""
    SILENT = "silent"
    """The connection stood, and no byte came until the deadline."""
    CLOSED = "closed"
    """The connection stood, and the peer ended it without a byte."""
    NOT_REACHED = "not_reached"
    """No connection, or no TLS session inside which a greeting could come."""


class ListSource(StrEnum):
    """Where a capability list came from, or why there is none."""

    GREETING = "greeting"
    """IMAP: the response code of the greeting."""
    COMMAND = "command"
    """The answer to CAPABILITY or CAPA."""
    REFUSED = "refused"
    """The command was answered by NO, BAD or -ERR."""
    NO_ANSWER = "no_answer"
    """The peer closed, reset, kept silent or spoke beyond the grammar."""
    NOT_ASKED = "not_asked"


class Reply(StrEnum):
    """How a command was answered."""

    OK = "ok"
    NO = "no"
    BAD = "bad"
    ERR = "err"
    CLOSED = "closed"
    """The peer closed or reset the connection instead."""
    TIMEOUT = "timeout"
    GARBAGE = "garbage"
    """The answer was beyond the grammar or its bounds."""
    NOT_TRIED = "not_tried"


class HandshakeOutcome(StrEnum):
    OK = "ok"
    ALERT = "alert"
    """The peer ended it with a TLS alert, named in ``Handshake.detail``."""
    RESET = "reset"
    CLOSED = "closed"
    TIMEOUT = "timeout"
    PLAINTEXT = "plaintext"
    """The answer to our ClientHello was no TLS record: its first bytes are in ``Handshake.plaintext``."""
    INVALID = "invalid"
    """TLS records came which our TLS does not accept (version, parameters, length, certificate that does not
    parse); the reason is in ``Handshake.detail``."""
    NOT_TRIED = "not_tried"


class Handshake(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One attempt to start TLS."""

    outcome: HandshakeOutcome
    version: str = ""
    """``TLSv1.3``, ``TLSv1.2``, ``TLSv1.1``, ``TLSv1``, ``SSLv3``; of a failed one: what the ServerHello said, if any came."""
    cipher: str = ""
    """IANA name of the cipher suite."""
    chain: tuple[str, ...] = ()
    """SHA-256 (lower-case hex) of each certificate as sent, leaf first. The DER is kept once, elsewhere."""
    detail: str = ""
    """Name of the alert or of the reason, in our own fixed words or OpenSSL's symbols: never the peer's text."""
    plaintext: bytes = b""
    """First bytes (at most 512) that came instead of a TLS record."""
    downgraded: bool = False
    """The ServerHello carries the downgrade sentinel of RFC 8446 §4.1.3 though TLS 1.3 was offered, or the version
    in force at the end of the dialogue was lower than the one agreed on at first."""

    @property
    def works(self) -> bool:
        return self.outcome is HandshakeOutcome.OK


NOT_TRIED = Handshake(outcome=HandshakeOutcome.NOT_TRIED)


class Confirmation(StrEnum):
    """The credential-free confirmation (VERDICTS §4, audit): what an offer of PLAIN or a bare ``USER`` drew
    before TLS. No credential follows either of them."""

    ACCEPTED = "accepted"
    """A continuation (IMAP) or ``+OK`` (POP3): cleartext login is open."""
    REFUSED = "refused"
    """Refused in a way that can only mean: not before TLS."""
    MECHANISM_REFUSED = "mechanism_refused"
    """The list names mechanisms and PLAIN is none of them, and PLAIN was refused for a reason that says nothing of TLS.
    What that means for LOGIN and USER depends on the product."""
    UNCLEAR = "unclear"
    """Refused for a reason that says nothing of TLS, or no answer."""
    NOT_TRIED = "not_tried"


class Side(StrEnum):
    CLIENT = "c"
    SERVER = "s"
    NOTE = "n"
    """Not on the wire: that a connection was opened, that TLS began or failed."""


class Exchange(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One piece of a transcript, in the order of the wire, cut to the transcript's bound."""

    side: Side
    data: bytes


class Endpoint(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is to be asked: an address and a port, how to talk to it, and the name it was given under, if any."""

    ip: str
    port: int
    protocol: Protocol
    mode: Mode
    host: str = ""
    """Name that the user gave: used for SNI and the certificate's name check. Empty for a bare address."""
    country: str = ""
    """ISO 3166-1 alpha-2, where the scope knows it."""


class Observation(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """All that one dialogue saw of one endpoint."""

    ip: str
    port: int
    protocol: Protocol
    mode: Mode
    host: str = ""
    country: str = ""
    started: float = 0.0
    """Unix time, seconds, when the first connect was begun."""
    duration: float = 0.0
    """Seconds from then to the end of the dialogue, all its connections together."""
    tcp: Tcp
    greeting: Greeting = Greeting.NOT_REACHED
    banner: bytes = b""
    """First line that the peer said, without its line end, at most 512 bytes."""
    guess: str = ""
    """What an ``other`` greeting looks like: http, ssh, smtp, ftp, imap, pop3, binary, text."""
    apop: bool = False
    """POP3: the greeting carries an APOP time stamp (RFC 1939 §7)."""
    caps_pre: tuple[str, ...] = ()
    """Capabilities before TLS, each entry upper-cased ASCII with anything else backslash-escaped. IMAP: one atom each
    (``AUTH=PLAIN``). POP3: one line each (``SASL PLAIN LOGIN``); IMPLEMENTATION keeps the case of its words."""
    caps_pre_source: ListSource = ListSource.NOT_ASKED
    starttls_reply: Reply = Reply.NOT_TRIED
    """It is tried also where it is not advertised."""
    starttls_text: bytes = b""
    """The line that answered STARTTLS or STLS, at most 512 bytes."""
    bytes_after_starttls_ok: bytes = b""
    """What stood in the clear between that OK and the handshake (at most 512 bytes)."""
    handshake: Handshake = NOT_TRIED
    legacy: Handshake = NOT_TRIED
    """The second attempt, on a new connection, with TLS 1.0 to 1.2 and every cipher; or SSLv3 as seen by hand."""
    caps_post: tuple[str, ...] = ()
    caps_post_source: ListSource = ListSource.NOT_ASKED
    server_id: bytes = b""
    """ID (RFC 2971) where the peer gave it unasked, at most 512 bytes."""
    confirmation: Confirmation = Confirmation.NOT_TRIED
    login_proven: bool | None = None
    """Audit only: whether the owner's own test account got in before TLS. ``None``: not tried."""
    command_injection: bool | None = None
    """Audit only: whether a command injected behind STARTTLS was answered inside TLS. ``None``: not tried."""
    violation: str = ""
    """The grammar's own word for the bound or rule that the peer broke (``line_too_long`` ...), if it did."""
    transcript: tuple[Exchange, ...] = ()
    origin: str = ""
    """Whose dialogue it was: empty for our own, else the scanner whose output was imported (``zgrab2``). What such a one did
    not try is unknown, where a dialogue of ours would have tried it."""

    @property
    def tls(self) -> Handshake:
        """The handshake that worked, modern before legacy; else the modern one that did not."""
        return self.legacy if self.legacy.works and not self.handshake.works else self.handshake

    @property
    def starttls_advertised(self) -> bool | None:
        """Whether the list before TLS offers it; ``None`` where no list was to be had."""
        if self.caps_pre_source not in (ListSource.GREETING, ListSource.COMMAND):
            return None
        return ("STARTTLS" if self.protocol is Protocol.IMAP else "STLS") in self.caps_pre


REGISTERED_PORTS: dict[int, tuple[Protocol, Mode]] = {
    110: (Protocol.POP3, Mode.CLEARTEXT),
    143: (Protocol.IMAP, Mode.CLEARTEXT),
    993: (Protocol.IMAP, Mode.IMPLICIT),
    995: (Protocol.POP3, Mode.IMPLICIT),
}
"""RFC 1939 §3, RFC 9051 §2.1, RFC 8314 §7."""
