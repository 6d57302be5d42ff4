"""Which ports of a host are asked, and how to talk to each."""

from collections.abc import Sequence

import msgspec

from openletter.dialogue.observation import REGISTERED_PORTS, Mode, Protocol
from openletter.scope.error import ScopeError, at, shown

_NAMES: dict[str, tuple[Protocol, Mode]] = {
    "imap": (Protocol.IMAP, Mode.CLEARTEXT),
    "imaps": (Protocol.IMAP, Mode.IMPLICIT),
    "pop3": (Protocol.POP3, Mode.CLEARTEXT),
    "pop3s": (Protocol.POP3, Mode.IMPLICIT),
}


class Service(msgspec.Struct, frozen=True, order=True):
    """A port and what is expected behind it."""

    port: int
    protocol: Protocol
    mode: Mode


class PortPlan(msgspec.Struct, frozen=True):
    """The services that are asked of a host, in the order in which they are asked."""

    services: tuple[Service, ...]

    def service(self, port: int, text: str, where: str = "") -> Service:
        """How to talk to a port that a target names: as the plan says, or as IANA registered it.

        Raises :class:`ScopeError` where neither says anything.
        """
        for service in self.services:
            if service.port == port:
                return service
        if port in REGISTERED_PORTS:
            return Service(port, *REGISTERED_PORTS[port])
        raise at(
            where, f"{shown(text)}: what speaks on port {port}? Say it by --port, as in --port imap={port}"
        )


REGISTERED = PortPlan(tuple(Service(port, *kind) for port, kind in sorted(REGISTERED_PORTS.items())))
"""110, 143, 993, 995."""


def parse_ports(options: Sequence[str]) -> PortPlan:
    """Values of ``--port``, each ``imap=1143``; the registered four where there is none.

    Raises :class:`ScopeError`: an unknown protocol, no port, or a port that was given before.
    """
    if not options:
        return REGISTERED
    services: list[Service] = []
    for option in options:
        name, _, port = option.partition("=")
        kind = _NAMES.get(name.strip().lower())
        port = port.strip()
        if kind is None:
            raise ScopeError(
                f"--port {shown(option)}: write imap, imaps, pop3 or pop3s and a port, as in imap=1143"
            )
        if not (port.isascii() and port.isdigit() and len(port) <= 5 and 1 <= int(port) <= 65535):
            raise ScopeError(f"--port {shown(option)}: a port is a number from 1 to 65535, as in imap=1143")
        if any(service.port == int(port) for service in services):
            raise ScopeError(
                f"--port {shown(option)}: port {int(port)} is given twice; each port has one protocol"
            )
        services.append(Service(int(port), *kind))
    return PortPlan(tuple(services))
