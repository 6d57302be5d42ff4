"""An organisation, what belongs to it, and how it wishes to be told.

What a user writes is brought into one form here, or refused in one line: networks as CIDRs, names as A-labels without their
last dot, countries in capitals, each once and in order. So what a :class:`Subscriber` holds can be joined, and put into file
names and mail headers, as it is.
"""

import re
from collections.abc import Callable, Iterable
from enum import StrEnum
from ipaddress import ip_address, ip_network, summarize_address_range
from typing import TypeVar

import msgspec

from openletter.scope import address
from openletter.scope.error import ScopeError, shown
from openletter.scope.target import Target, parse_target
from openletter.subscriber.report_type import ReportType
from openletter.verdict.classes import Severity

Word = TypeVar("Word")

MAX_NAME = 200
"""Characters."""
MAX_ENTRIES = 100_000
"""Of each kind: networks, numbers, names, contacts."""
_SLUG = re.compile(r"[A-Za-z0-9_]{1,64}")
_LOCAL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}")
"""The atoms of RFC 5321 §4.1.2; a quoted local part may hold what a header must not."""


class SubscriberError(ValueError):
    """``str()`` is one line that names the word and says what would be right."""


class Format(StrEnum):
    """What a report may be written as."""

    CSV = "csv"
    JSONL = "jsonl"
    HTML = "html"
    CEF = "cef"
    ECS = "ecs"
    STIX = "stix"


class Language(StrEnum):
    EN = "en"
    JA = "ja"


class Reminders(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """After how many days an endpoint that is still open is reported again, by severity; 0: never."""

    critical: int = 1
    high: int = 7
    medium: int = 30
    low: int = 90
    info: int = 0

    def days(self, severity: Severity) -> int:
        """Of ``Severity.NONE`` there is nothing to report."""
        found: int = getattr(self, severity.value, 0)
        return found


class Subscriber(msgspec.Struct, frozen=True, kw_only=True):
    """As :func:`checked` leaves it."""

    id: int = 0
    """Given by the directory, never given again; 0 before that."""
    slug: str
    """``\\w+``: what stands for it in file names and on the command line."""
    name: str
    networks: tuple[str, ...] = ()
    """CIDRs of both families."""
    asns: tuple[int, ...] = ()
    countries: tuple[str, ...] = ()
    """ISO 3166-1 alpha-2, in capitals."""
    domains: tuple[str, ...] = ()
    """With all names below them."""
    contacts: tuple[str, ...] = ()
    """Mail addresses."""
    language: Language = Language.EN
    formats: tuple[Format, ...] = (Format.CSV,)
    reports: tuple[ReportType, ...] = tuple(ReportType)
    minimum: Severity = Severity.INFO
    """Endpoints whose worst fault is less severe are left out."""
    reminders: Reminders = Reminders()
    active: bool = True


def checked(subscriber: Subscriber) -> Subscriber:
    """The same in its one form. Raises SubscriberError."""
    if not _SLUG.fullmatch(subscriber.slug):
        raise SubscriberError(
            f"{shown(subscriber.slug)} cannot stand in a file's name; give 1 to 64 of the letters a-z, digits and _"
        )
    name = subscriber.name.strip()
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise SubscriberError(
            f"{shown(name)} is no name of an organisation; give one line of 1 to {MAX_NAME} characters"
        )
    if subscriber.minimum is Severity.NONE:
        raise SubscriberError("minimum: no report holds what has no severity; give info or one above it")
    if any(days < 0 for days in msgspec.structs.astuple(subscriber.reminders)):
        raise SubscriberError("reminders are numbers of days; 0 means never")
    return msgspec.structs.replace(
        subscriber,
        name=name,
        networks=_networks(subscriber.networks),
        asns=tuple(sorted(_each("asns", subscriber.asns, asn))),
        countries=tuple(sorted(_each("countries", subscriber.countries, country))),
        domains=tuple(sorted(_each("domains", subscriber.domains, domain))),
        contacts=tuple(_each("contacts", subscriber.contacts, contact)),
        formats=tuple(one for one in Format if one in subscriber.formats),
        reports=tuple(one for one in ReportType if one in subscriber.reports),
    )


def _each(what: str, given: Iterable[Word], read: Callable[[Word], Word]) -> list[Word]:
    """Each once, in the order given."""
    found = list(dict.fromkeys(map(read, given)))
    if len(found) > MAX_ENTRIES:
        raise SubscriberError(f"{what}: {len(found):,} are more than the {MAX_ENTRIES:,} that one may have")
    return found


def network(text: str) -> tuple[str, ...]:
    """A network, an address or a range as CIDRs. Raises SubscriberError."""
    interval = _target(text).interval
    if interval is None:
        raise SubscriberError(f"{shown(text)} is no network; write it as 192.0.2.0/24 or 2001:db8::/32")
    first, last = (ip_address(address.text(end)) for end in interval)
    return tuple(str(one) for one in summarize_address_range(first, last))


def _networks(given: Iterable[str]) -> tuple[str, ...]:
    found = {cidr for text in given for cidr in network(text)}
    if len(found) > MAX_ENTRIES:
        raise SubscriberError(f"networks: {len(found):,} are more than the {MAX_ENTRIES:,} that one may have")
    parsed = sorted((ip_network(cidr) for cidr in found), key=lambda one: (one.version, one))
    return tuple(map(str, parsed))


def _target(text: str) -> Target:
    try:
        target = parse_target(text)
    except ScopeError as error:
        raise SubscriberError(str(error)) from None
    if target.port is not None or target.country or target.text != text.strip():
        raise SubscriberError(f"{shown(text)}: give a network or a name alone, without a port or a label")
    return target


def asn(number: int) -> int:
    """Of an autonomous system. Raises SubscriberError."""
    if not 0 < number < 0xFFFF_FFFF:
        raise SubscriberError(
            f"{number} is no number of an autonomous system (RFC 6793); it is 1 to 4294967294"
        )
    return number


def read_asn(text: str) -> int:
    """``AS64496`` or ``64496``. Raises SubscriberError."""
    digits = text.strip().upper().removeprefix("AS")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 10):
        raise SubscriberError(f"{shown(text)} is no autonomous system; write it as AS64496")
    return asn(int(digits))


def country(text: str) -> str:
    """Raises SubscriberError."""
    if not (len(text) == 2 and text.isascii() and text.isalpha()):
        raise SubscriberError(f"{shown(text)}: a country is two letters of ISO 3166-1, as in NL")
    return text.upper()


def domain(text: str) -> str:
    """Raises SubscriberError."""
    name = _target(text.strip().removeprefix("*.").removeprefix(".")).name
    if not name:
        raise SubscriberError(f"{shown(text)} is no domain; write it as example.org")
    return name


def contact(text: str) -> str:
    """A mail address. Raises SubscriberError."""
    local, at, host = text.strip().rpartition("@")
    wrong = SubscriberError(f"{shown(text)} is no mail address; write it as abuse@example.org")
    if not at or not _LOCAL.fullmatch(local):
        raise wrong
    try:
        name = domain(host)
    except SubscriberError:
        raise wrong from None
    return f"{local}@{name}"
