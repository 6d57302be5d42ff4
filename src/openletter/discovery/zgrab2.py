"""What zgrab2 saw, as observations: its banners and its STARTTLS, so that a foreign scan can be judged by our rules.

Such an observation has ``origin`` set to ``zgrab2`` and holds what was told and nothing more:

- zgrab2 never asks for capabilities. There is a list only where an IMAP greeting carries one
  (RFC 9051 §7.1, response code CAPABILITY); else the login stays unknown, for POP3 always.
- Whether STARTTLS works is known where it was tried (``--starttls``). Where it was not, and the greeting does not
  offer it, it counts as untested, not as absent.
- ``--imaps`` and ``--pop3s`` give the handshake of an implicit port. A plain banner from such a port is a server that speaks in
  the clear there.
- Certificates come whole, and are judged like our own.
- A record without a port (before 0.2) is of the module's default port, or of 993 and 995 where TLS came first.

Not every record says something of a server: invalid inputs, unknown errors without a result, TLS tried on a port on
which it does not come first. They are counted and left out.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterator
from datetime import datetime

import msgspec

from openletter.dialogue.notes import MAX_SHOWN
from openletter.dialogue.observation import (
    NOT_TRIED,
    REGISTERED_PORTS,
    Exchange,
    Greeting,
    Handshake,
    HandshakeOutcome,
    ListSource,
    Mode,
    Observation,
    Protocol,
    Reply,
    Side,
    Tcp,
)
from openletter.dialogue.opening import Opening, hear
from openletter.dialogue.step import Lost
from openletter.discovery.found import canonical
from openletter.discovery.reading import Reading
from openletter.discovery.source import Source, lines
from openletter.discovery.zgrab2_error import alert_of, connect_failure, handshake_failure
from openletter.discovery.zgrab2_record import (
    Grab,
    HandshakeLog,
    Response,
    Result,
    TlsLog,
    Version,
    decode_grab,
    decode_result,
)
from openletter.grammar import imap, pop3
from openletter.grammar.capability import imap_capabilities
from openletter.scope.ports import PortPlan

ORIGIN = "zgrab2"

_TLS_VERSIONS = {
    0x0300: "SSLv3",
    0x0301: "TLSv1",
    0x0302: "TLSv1.1",
    0x0303: "TLSv1.2",
    0x0304: "TLSv1.3",
}
_MAX_CHAIN = 32


class Seen(msgspec.Struct, frozen=True):
    """An observation, and the certificates that it names."""

    observation: Observation
    ders: dict[str, bytes]
    """DER by SHA-256, lower-case hex."""


def read_records(source: Source, reading: Reading) -> Iterator[tuple[Grab, bytes]]:
    """Each right line, and the line itself. Raises DiscoveryError where this is no output of zgrab2."""
    for raw in lines(source, reading, unterminated=True):
        try:
            grab = read_record(raw)
        except (ValueError, RecursionError):
            if not reading.cut:
                reading.bad()
            continue
        reading.cut = False
        if grab.ip:
            yield grab, raw
        else:
            # A name that was not resolved by zgrab2 itself: nobody knows which address answered.
            reading.other += 1
    reading.finish()


def read_record(line: bytes) -> Grab:
    """One line, its address in canonical form. Raises ValueError, or RecursionError for what is nested without end."""
    grab = decode_grab(line)
    if grab.data is None or not (grab.ip or grab.domain):
        raise ValueError("no zgrab2")
    if grab.ip:
        grab.ip = canonical(grab.ip)
    return grab


def observations(grab: Grab, plan: PortPlan, reading: Reading) -> Iterator[Seen]:
    """What a line tells of POP3 and IMAP servers."""
    for response in (grab.data or {}).values():
        seen = _observe(grab, response, plan)
        if seen is None:
            reading.other += 1
        else:
            reading.found += 1
            yield seen


def read_observations(source: Source, reading: Reading, plan: PortPlan) -> Iterator[Seen]:
    """All of a file."""
    for grab, _ in read_records(source, reading):
        yield from observations(grab, plan, reading)


def _observe(grab: Grab, response: Response, plan: PortPlan) -> Seen | None:
    if response.protocol not in ("imap", "pop3"):
        return None
    protocol = Protocol(response.protocol)
    try:
        result = decode_result(response.result)
    except (msgspec.MsgspecError, RecursionError):
        return None
    tls_first = result is not None and result.tls is not None and not result.starttls
    place = _place(response.port or grab.port, protocol, tls_first, plan)
    if place is None:
        return None
    port, mode = place
    base = Observation(
        ip=grab.ip,
        port=port,
        protocol=protocol,
        mode=mode,
        host=_name(grab.domain),
        started=seconds(response.timestamp),
        tcp=Tcp.OPEN,
        origin=ORIGIN,
    )
    if result is None or not (result.banner or result.tls is not None):
        seen = _without_result(base, response)
        return None if seen is None else Seen(seen, {})
    if tls_first and mode is not Mode.IMPLICIT:
        return None
    return _with_result(base, response, result)


def _place(port: int | None, protocol: Protocol, tls_first: bool, plan: PortPlan) -> tuple[int, Mode] | None:
    """The port, and how TLS begins there; ``None`` where nobody says what that port is for."""
    if port is None or port == 0:
        mode = Mode.IMPLICIT if tls_first else Mode.CLEARTEXT
        return next((p for p, kind in REGISTERED_PORTS.items() if kind == (protocol, mode)), 0), mode
    if port > 65_535:
        return None
    for service in plan.services:
        if service.port == port:
            return (port, service.mode) if service.protocol is protocol else None
    if port in REGISTERED_PORTS:
        registered, mode = REGISTERED_PORTS[port]
        return (port, mode) if registered is protocol else None
    return None


def _name(domain: str) -> str:
    name = domain.lower().removesuffix(".")
    return name if name.isascii() and name.isprintable() and len(name) <= 253 else ""


def seconds(timestamp: str) -> float:
    """RFC 3339, as Go writes it; 0 for what is none, and for Go's zero time (the year 1), which says as little."""
    try:
        return max(0.0, datetime.fromisoformat(timestamp).timestamp())
    except (ValueError, OverflowError):
        return 0.0


def _without_result(base: Observation, response: Response) -> Observation | None:
    error = response.error or ""
    implicit = base.mode is Mode.IMPLICIT
    match response.status:
        case "connection-timeout" | "connection-refused":
            refused = response.status == "connection-refused"
            return msgspec.structs.replace(base, tcp=Tcp.REFUSED if refused else connect_failure(error))
        case "io-timeout" | "connection-closed":
            # Of an implicit port this may have been before the handshake or inside it: neither is known.
            silent = Greeting.CLOSED if error == "EOF" else Greeting.SILENT
            if "reset by peer" in error:
                return msgspec.structs.replace(base, tcp=Tcp.RESET)
            return msgspec.structs.replace(base, greeting=Greeting.NOT_REACHED if implicit else silent)
        case "protocol-error":
            # Something was said that zgrab2 did not keep, in the clear or inside TLS.
            return None if implicit else msgspec.structs.replace(base, greeting=Greeting.OTHER)
    return None


def _with_result(base: Observation, response: Response, result: Result) -> Seen:
    ders: dict[str, bytes] = {}
    banner = result.banner.encode()
    heard = _hear(base.protocol, banner) if banner else None
    handshake = NOT_TRIED
    if result.tls is not None:
        handshake = _handshake(result.tls, response, ders)
    elif base.mode is Mode.IMPLICIT:
        handshake = Handshake(outcome=HandshakeOutcome.PLAINTEXT, plaintext=banner[:MAX_SHOWN])
    reply, line, rest = _starttls_answer(base.protocol, result.starttls.encode())
    seen = msgspec.structs.replace(
        base,
        starttls_reply=reply,
        starttls_text=line[:MAX_SHOWN],
        bytes_after_starttls_ok=rest[:MAX_SHOWN] if reply is Reply.OK else b"",
        handshake=handshake,
        transcript=_transcript(banner, result.starttls.encode()),
    )
    return Seen(_greeted(seen, heard), ders)


def _greeted(seen: Observation, heard: Opening | None) -> Observation:
    if heard is None:
        return seen
    event = heard.event
    capabilities: tuple[str, ...] = ()
    source = ListSource.NOT_ASKED
    if isinstance(event, imap.Status) and event.code == b"CAPABILITY":
        capabilities, source = imap_capabilities(event.argument), ListSource.GREETING
    inside = seen.mode is Mode.IMPLICIT and seen.handshake.works
    seen = msgspec.structs.replace(
        seen,
        greeting=heard.greeting,
        banner=heard.line,
        guess=heard.guess,
        violation=heard.violation,
        apop=seen.protocol is Protocol.POP3 and pop3.has_apop_stamp(heard.line),
    )
    if inside:
        return msgspec.structs.replace(seen, caps_post=capabilities, caps_post_source=source)
    return msgspec.structs.replace(seen, caps_pre=capabilities, caps_pre_source=source)


def _hear(protocol: Protocol, said: bytes) -> Opening:
    """A greeting, read as in a dialogue of our own whose peer then closed."""
    reader = imap.ImapReader() if protocol is Protocol.IMAP else pop3.Pop3Reader()
    hearing = hear(reader, protocol, said)
    try:
        next(hearing)
        hearing.send(Lost.CLOSED)
    except StopIteration as end:
        opening: Opening = end.value
        return opening
    raise AssertionError("a greeting goes on after its connection is closed")


_IMAP_REPLIES = {imap.Condition.OK: Reply.OK, imap.Condition.NO: Reply.NO, imap.Condition.BAD: Reply.BAD}


def _starttls_answer(protocol: Protocol, said: bytes) -> tuple[Reply, bytes, bytes]:
    """How STARTTLS was answered, by which line, and what stood behind it."""
    if not said:
        return Reply.NOT_TRIED, b"", b""
    rest = said
    while rest:
        raw, _, rest = rest.partition(b"\n")
        line = raw.rstrip(b"\r")
        if protocol is Protocol.POP3:
            status = pop3.parse(line)
            if isinstance(status, pop3.Status):
                return (Reply.OK if status.ok else Reply.ERR), line, rest
            break
        event = imap.parse(line)
        if isinstance(event, imap.Status) and event.tag != b"*" and event.condition in _IMAP_REPLIES:
            return _IMAP_REPLIES[event.condition], line, rest
        if isinstance(event, imap.Status) and event.condition is imap.Condition.BAD:
            return Reply.BAD, line, rest
    return Reply.GARBAGE, said.partition(b"\n")[0].rstrip(b"\r"), b""


def _transcript(banner: bytes, starttls: bytes) -> tuple[Exchange, ...]:
    """What the server said; zgrab2 does not tell what it said itself."""
    return tuple(Exchange(Side.SERVER, said[: 4 * MAX_SHOWN]) for said in (banner, starttls) if said)


def _handshake(log: TlsLog, response: Response, ders: dict[str, bytes]) -> Handshake:
    """Where it is not told whether the handshake was completed: earlier versions return a result with a TLS log and a
    failure only where the handshake is what failed."""
    told = log.handshake_log or HandshakeLog()
    hello = told.server_hello
    version = cipher = ""
    if hello is not None:
        chosen = hello.supported_versions and hello.supported_versions.selected_version
        number = (chosen or hello.version or Version()).value
        version = _TLS_VERSIONS.get(number, "")
        cipher = hello.cipher_suite.name if hello.cipher_suite is not None else ""
    cipher = cipher if cipher.isascii() and cipher.isprintable() and len(cipher) <= 64 else ""
    chain = _chain(told, ders)
    completed = log.handshake_completed_successfully
    if response.status == "success" if completed is None else completed:
        return Handshake(outcome=HandshakeOutcome.OK, version=version, cipher=cipher, chain=chain)
    error = response.error or ""
    outcome = handshake_failure(error)
    detail = alert_of(error) if outcome is HandshakeOutcome.ALERT else ""
    return Handshake(outcome=outcome, version=version, cipher=cipher, chain=chain, detail=detail)


def _chain(told: HandshakeLog, ders: dict[str, bytes]) -> tuple[str, ...]:
    sent = told.server_certificates
    if sent is None:
        return ()
    names: list[str] = []
    for certificate in [sent.certificate, *(sent.chain or ())][:_MAX_CHAIN]:
        if certificate is None or not certificate.raw:
            continue
        try:
            der = base64.b64decode(certificate.raw, validate=True)
        except (binascii.Error, ValueError):
            continue
        name = hashlib.sha256(der).hexdigest()
        ders[name] = der
        names.append(name)
    return tuple(names)
