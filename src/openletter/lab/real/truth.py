"""The truth about every endpoint of the lab: each way in is tried, with the lab's own account."""

import ssl
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from openletter.lab.real.certificates import Fault
from openletter.lab.real.classes import Facts, expected_class
from openletter.lab.real.configuration import (
    IMAP,
    IMAPS,
    IMPLICIT_PORTS,
    POP3,
    POP3S,
    Configuration,
    protocol_of,
)
from openletter.lab.real.login import Greeted, Way, apop_stamp, session
from openletter.lab.real.room import Account
from openletter.lab.real.wire import Wire, WireError, legacy_context, modern_context

SIBLING = {IMAP: IMAPS, POP3: POP3S}


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What one endpoint really is."""

    configuration: str
    address: str
    port: int
    protocol: str
    """`imap` or `pop3`."""
    host: str
    """The name that its certificate should carry."""
    greeting: Greeted
    capabilities: tuple[str, ...]
    """What is listed before TLS, upper-cased: IMAP one atom each, POP3 one line each."""
    starttls_advertised: bool
    starttls_works: bool
    """Cleartext ports: STARTTLS or STLS, the handshake, and a command answered inside."""
    tls_works: bool
    """TLS by whichever way the port has it."""
    tls_version: str
    cleartext_login: bool
    cleartext_ways: tuple[Way, ...]
    challenge_login: bool
    login_inside_tls: bool
    misleading: bool
    """The list before TLS promises a login with a password that is then refused: nothing passive can tell."""
    expected_class: str
    certificate_faults: tuple[Fault, ...]
    """For one who trusts the lab's authority and asks for `host`. Empty where no TLS works."""


def find_truths(configurations: Sequence[Configuration], account: Account) -> tuple[Truth, ...]:
    """Facts of every endpoint of these running configurations; in the order given.

    All configurations are asked at once, and each by one connection at a time: a POP3 session locks the maildrop
    (RFC 1939 §3), so a second one would be turned away for that, and a first login may have to make the mailbox.
    """
    with ThreadPoolExecutor(max(1, len(configurations)), "truth") as pool:
        found = pool.map(lambda configuration: _facts(configuration, account), configurations)
        return tuple(
            _truth(configuration, port, facts)
            for configuration, facts in zip(configurations, found, strict=True)
            for port in configuration.ports
        )


def _facts(configuration: Configuration, account: Account) -> dict[int, Facts]:
    return {port: find_facts(configuration.address, port, account) for port in configuration.ports}


def _truth(configuration: Configuration, port: int, facts_by_port: dict[int, Facts]) -> Truth:
    facts = facts_by_port[port]
    sibling = facts_by_port.get(SIBLING.get(port, 0))
    return Truth(
        configuration=configuration.name,
        address=configuration.address,
        port=port,
        protocol=protocol_of(port),
        host=configuration.host,
        greeting=facts.greeting,
        capabilities=facts.capabilities,
        starttls_advertised=facts.starttls_advertised,
        starttls_works=facts.tls_works and not facts.implicit,
        tls_works=facts.tls_works,
        tls_version=facts.tls_version,
        cleartext_login=facts.cleartext_login,
        cleartext_ways=facts.cleartext_ways,
        challenge_login=facts.challenge_login,
        login_inside_tls=facts.login_inside_tls,
        misleading=port in configuration.misleading,
        expected_class=expected_class(facts, sibling is not None and sibling.tls_works),
        certificate_faults=configuration.faults if facts.tls_works else (),
    )


@dataclass(frozen=True, slots=True)
class _Greeting:
    tcp_open: bool
    greeting: Greeted = Greeted.NONE
    capabilities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Tls:
    accepted: bool = False
    version: str = ""
    """Empty where no TLS works."""
    login: bool = False


def find_facts(address: str, port: int, account: Account) -> Facts:
    """Facts of one endpoint: what it says, whether TLS works, and each way in before TLS."""
    implicit = port in IMPLICIT_PORTS
    protocol = protocol_of(port)
    heard = _greeting(address, port, protocol, implicit)
    if not heard.tcp_open:
        return Facts(implicit=implicit, tcp_open=False)
    tls = _tls(address, port, protocol, implicit, account)
    ways = () if implicit else tuple(Way)
    return Facts(
        implicit=implicit,
        tcp_open=True,
        greeting=heard.greeting,
        capabilities=heard.capabilities,
        starttls_accepted=tls.accepted,
        tls_works=bool(tls.version),
        tls_version=tls.version,
        cleartext_ways=tuple(way for way in ways if _logs_in(address, port, protocol, way, account)),
        login_inside_tls=tls.login,
    )


def _greeting(address: str, port: int, protocol: str, implicit: bool) -> _Greeting:
    """Step 1: what is said in the clear. On an implicit port a line is sent, to wake a server that waits for TLS."""
    try:
        wire = Wire(address, port)
    except WireError:
        return _Greeting(tcp_open=False)
    with wire:
        talk = session(protocol, wire)
        try:
            if implicit:
                wire.write_line(talk.goodbye)
            greeted, _ = talk.greeting()
            speaks = greeted in (Greeted.OK, Greeted.PREAUTH)
            listed = talk.capabilities() if speaks and not implicit else ()
        except WireError:
            return _Greeting(tcp_open=True)
        wire.leave(talk.goodbye)
        return _Greeting(True, greeted, tuple(entry.decode("ascii", "backslashreplace") for entry in listed))


def _tls(address: str, port: int, protocol: str, implicit: bool, account: Account) -> _Tls:
    """Steps 2 and 3: TLS as of today, then with all that is old; something said inside; the login inside."""
    modern = _tls_once(address, port, protocol, implicit, account, modern_context())
    if modern.version:
        return modern
    legacy = _tls_once(address, port, protocol, implicit, account, legacy_context())
    return _Tls(modern.accepted or legacy.accepted, legacy.version, legacy.login)


def _tls_once(
    address: str, port: int, protocol: str, implicit: bool, account: Account, context: ssl.SSLContext
) -> _Tls:
    accepted = False
    version = ""
    try:
        with Wire(address, port) as wire:
            talk = session(protocol, wire)
            if implicit:
                agreed = wire.start_tls(context)
                talk.greeting()
            else:
                talk.greeting()
                accepted = talk.command(talk.start).good
                if not accepted:
                    return _Tls()
                agreed = wire.start_tls(context)
            if talk.works():
                version = agreed
            inside = any(talk.log_in(way, account) for way in (Way.LOGIN, Way.CRAM_MD5))
            wire.leave(talk.goodbye)
            return _Tls(accepted, version, inside)
    except WireError:
        return _Tls(accepted, version)


def _logs_in(address: str, port: int, protocol: str, way: Way, account: Account) -> bool:
    """Step 4: one way in before TLS, on a connection of its own."""
    try:
        with Wire(address, port) as wire:
            talk = session(protocol, wire)
            greeted, line = talk.greeting()
            entered = greeted is Greeted.OK and talk.log_in(way, account, apop_stamp(line))
            wire.leave(talk.goodbye)
            return entered
    except WireError:
        return False
