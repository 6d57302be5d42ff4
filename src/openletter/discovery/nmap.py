"""What nmap writes by ``-oX`` (nmap.dtd, xmloutputversion 1.04 and 1.05), and masscan's ``-oX``, which copies it.

Only TCP ports whose state is ``open`` count: ``open|filtered`` is a guess. A name is taken where the user gave it
(``<hostname type="user">``), and where it is one: what a reverse lookup says of an address (``type="PTR"``) is not the name
under which its users know the server, and a certificate held against it would seem to be a stranger's. Where ``-sV`` asked
the service itself (``method="probed"``), what it says of protocol and TLS goes along.

Elements are freed as soon as they are read. Entities are refused (a file from elsewhere is hostile), the DOCTYPE
that nmap writes is not.
"""

from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from openletter.dialogue.observation import Mode, Protocol
from openletter.discovery.error import DiscoveryError
from openletter.discovery.found import Found, canonical, port_number, unix_seconds
from openletter.discovery.reading import Reading
from openletter.discovery.source import Source
from openletter.scope.error import ScopeError, shown
from openletter.scope.target import parse_target

_PROTOCOLS = {
    "imap": (Protocol.IMAP, Mode.CLEARTEXT),
    "imaps": (Protocol.IMAP, Mode.IMPLICIT),
    "pop3": (Protocol.POP3, Mode.CLEARTEXT),
    "pop3s": (Protocol.POP3, Mode.IMPLICIT),
}


class _Counted:
    """A stream that counts the lines which went through it, for the place of a fault."""

    def __init__(self, source: Source, reading: Reading) -> None:
        self._stream = source.stream
        self._reading = reading

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(min(size, 65_536) if size > 0 else 65_536)
        self._reading.lines += data.count(b"\n")
        return data


def read_xml(source: Source, reading: Reading) -> Iterator[Found]:
    """The open ports of the hosts, host by host. A file that was cut gives the hosts before the cut.

    Raises DiscoveryError for what is no XML, or XML of something else.
    """
    root: Element | None = None
    begins = source.beginning().removeprefix(b"\xef\xbb\xbf").lstrip()
    if begins and not begins.startswith(b"<"):
        raise DiscoveryError(f"{shown(source.name)} is no XML; say by --format what it is")
    try:
        events: Any = iterparse(_Counted(source, reading), events=("start", "end"))
        for event, element in events:
            if root is None:
                root = element
                if element.tag != "nmaprun":
                    raise DiscoveryError(
                        f"{shown(source.name)}: the XML of something else ({shown(element.tag)}), not of nmap"
                    )
            elif event == "end" and element.tag == "host":
                yield from _host(element, reading)
                root.clear()
            elif event == "end" and element.tag in ("hosthint", "taskbegin", "taskprogress", "taskend"):
                root.clear()
    except ParseError:
        reading.cut = True
    except DefusedXmlException:
        raise DiscoveryError(
            f"{shown(source.name)} declares entities, which nmap never does; it is not read"
        ) from None
    except ScopeError:
        raise
    except (LookupError, ValueError) as error:
        raise DiscoveryError(f"{shown(source.name)}: XML in an encoding that is not read ({error})") from None
    except OSError as error:
        raise ScopeError(f"{shown(source.name)} cannot be read: {error.strerror}") from None
    reading.cut = reading.cut or source.cut


def _host(host: Element, reading: Reading) -> Iterator[Found]:
    address = next((a for a in host.findall("address") if a.get("addrtype") in ("ipv4", "ipv6")), None)
    try:
        ip = canonical("" if address is None else address.get("addr", ""))
        seen_at = unix_seconds(host.get("endtime") or host.get("starttime") or "0")
    except ValueError:
        reading.bad()
        return
    name = _given_name(host)
    for port in host.findall("ports/port"):
        if port.get("protocol") != "tcp":
            reading.other += 1
            continue
        state = port.find("state")
        if state is None or state.get("state") != "open":
            reading.closed += 1
            continue
        try:
            number = port_number(port.get("portid", ""))
        except ValueError:
            reading.bad()
            continue
        protocol, mode = _service(port.find("service"))
        reading.found += 1
        yield Found(ip=ip, port=number, protocol=protocol, mode=mode, name=name, seen_at=seen_at)


def _given_name(host: Element) -> str:
    """As a target's name is kept: lower case, A-labels. Nothing where what stands there is no name."""
    names = host.findall("hostnames/hostname")
    given = next((n.get("name", "") for n in names if n.get("type") == "user"), "")
    try:
        return parse_target(given).name
    except ScopeError:
        return ""


def _service(service: Element | None) -> tuple[Protocol | None, Mode | None]:
    if service is None or service.get("method") != "probed":
        return None, None
    protocol, mode = _PROTOCOLS.get(service.get("name", ""), (None, None))
    if protocol is not None and service.get("tunnel") == "ssl":
        mode = Mode.IMPLICIT
    return protocol, mode
