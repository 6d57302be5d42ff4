"""From where a survey looks: what is recorded, and what ``--source`` binds. Nothing is sent to find it out."""

import socket
from collections.abc import Sequence
from ipaddress import ip_address, ip_network

import typer

from openletter.engine.connecting import family_of
from openletter.scope.error import shown
from openletter.survey.plan import Vantage

_OPTION = "--source"
_PREFIX = {socket.AF_INET: 24, socket.AF_INET6: 48}


def check_sources(sources: Sequence[str]) -> dict[socket.AddressFamily, str]:
    """The addresses by family. Raises ``typer.BadParameter`` for what is none of this machine's, or two of a family."""
    found: dict[socket.AddressFamily, str] = {}
    for text in sources:
        try:
            ip = str(ip_address(text))
        except ValueError:
            raise typer.BadParameter(
                f"{shown(text)} is no address; give one of this machine's, as in {_OPTION} 192.0.2.7",
                param_hint=_OPTION,
            ) from None
        family = family_of(ip)
        if family in found:
            raise typer.BadParameter(
                f"{ip} and {found[family]} are of one family; give one IPv4 address, one IPv6 address, or one of each",
                param_hint=_OPTION,
            )
        try:
            with socket.socket(family, socket.SOCK_STREAM) as sock:
                sock.bind((ip, 0))
        except OSError as error:
            raise typer.BadParameter(
                f"cannot connect from {ip}: {(error.strerror or str(error)).lower()}; give an address of this machine",
                param_hint=_OPTION,
            ) from None
        found[family] = ip
    return found


def _would_come_from(peer: str, source: str) -> str:
    """The local address of a connection to a peer; empty where there is no way to it. Nothing is sent: connecting a
    datagram socket only looks up the route."""
    try:
        with socket.socket(family_of(peer), socket.SOCK_DGRAM) as sock:
            if source:
                sock.bind((source, 0))
            sock.connect((peer, 9))
            return str(sock.getsockname()[0])
    except OSError:
        return ""


def vantage_of(name: str, sources: Sequence[str], peers: Sequence[str]) -> Vantage:
    """``peers``: some addresses that will be asked. Raises as :func:`check_sources`."""
    bound = check_sources(sources)
    by_family = {family_of(peer): peer for peer in reversed(peers)}
    seen_as = [
        ip
        for family, peer in sorted(by_family.items())
        if (ip := _would_come_from(peer, bound.get(family, "")))
    ]
    return Vantage(
        name=name or socket.gethostname(),
        source=bound.get(socket.AF_INET, ""),
        source_v6=bound.get(socket.AF_INET6, ""),
        seen_as=tuple(seen_as),
        networks=tuple(str(ip_network(f"{ip}/{_PREFIX[family_of(ip)]}", strict=False)) for ip in seen_as),
    )
