"""What a registry answers about a network (RFC 9083), read as a stranger's: its range, and the mail address for abuse.

Registries fill the same members in their own ways, and some with what is no use: so an answer is first cut down to the members
that are read here, of the types that they must have; then ``whoisit`` reads that. An address counts only from the contact card
of an entity, never from remarks; what is no mail address, or one of a name that leads nowhere (RFC 2606, RFC 6761), counts for
nothing.
"""

import warnings
from collections.abc import Iterator, Sequence
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

import msgspec
import whoisit
from whoisit.bootstrap import BaseBootstrap

from openletter.report.mail.error import MailSettingError
from openletter.report.mail.mailbox import address_of
from openletter.report.visible import visible_text

MAX_ENTITIES = 200
MAX_DEPTH = 6
MAX_CARD = 50
"""Lines of a contact card."""
MAX_TEXT = 300
LARGEST = {4: 8, 6: 13}
"""Length of the shortest prefix that counts as somebody's network. Above it lies what IANA has given to a registry, which is told
of nobody's servers."""

ROLES = ("abuse", "noc", "technical")
"""Whose address is taken, the first that there is."""
_NOWHERE = ("example", "example.com", "example.net", "example.org", "invalid", "localhost", "test")


class Outcome(StrEnum):
    FOUND = "found"
    NO_CONTACT = "no_contact"
    """There is such a network, and it names nobody."""
    NOT_FOUND = "not_found"
    """The registry knows no such network."""
    FAILED = "failed"
    """No answer, or none that makes sense."""


class AnswerError(ValueError):
    """``str()`` is one printable line."""


class Network(msgspec.Struct, frozen=True, kw_only=True):
    """Texts are a stranger's, on one printable line."""

    first: str
    last: str
    """Addresses, both included."""
    outcome: Outcome
    name: str = ""
    handle: str = ""
    country: str = ""
    """ISO 3166-1 alpha-2 as the registry has it; may be empty."""
    contact: str = ""
    """A mail address in its one form; empty where there is none."""
    role: str = ""
    """One of ``ROLES``: whose it is."""
    others: tuple[str, ...] = ()
    """Further addresses of that role."""
    why: str = ""


def read_answer(octets: bytes, ip: str, bootstrap: BaseBootstrap) -> Network:
    """The network around an address. Raises AnswerError for what makes no sense, or speaks of another network."""
    try:
        raw = msgspec.json.decode(octets)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        raise AnswerError("its answer is no JSON") from None
    if not isinstance(raw, dict) or raw.get("objectClassName", "ip network") != "ip network":
        raise AnswerError("its answer is about no network")
    asked = ip_address(ip)
    answer = _cut_down(raw)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parsed = whoisit.parse(bootstrap, "ip", ip, answer)
        first, last = _range(parsed, asked)
    except AnswerError:
        raise
    except Exception:
        # It reads members that a stranger has filled, and which of Python's errors comes of that is not said anywhere.
        raise AnswerError("its answer makes no sense") from None
    role, addresses = _contacts(parsed["entities"])
    country = parsed["country"].upper()
    return Network(
        first=first,
        last=last,
        outcome=Outcome.FOUND if addresses else Outcome.NO_CONTACT,
        name=_text(parsed["name"]),
        handle=_text(parsed["handle"].removeprefix(_NO_HANDLE)),
        country=country if len(country) == 2 and country.isascii() and country.isalpha() else "",
        contact=addresses[0] if addresses else "",
        role=role,
        others=tuple(addresses[1:10]),
    )


_NO_HANDLE = "-"


def _cut_down(raw: dict[str, Any]) -> dict[str, Any]:
    cidrs = raw.get("cidr0_cidrs")
    kept = {
        "objectClassName": "ip network",
        # The library takes no answer without one, and registries may leave it out.
        "handle": _string(raw.get("handle")) or _NO_HANDLE,
        "name": _string(raw.get("name")),
        "country": _string(raw.get("country")),
        "entities": list(_entities(raw.get("entities"), [MAX_ENTITIES], 0)),
    }
    for name in ("startAddress", "endAddress"):
        if _address(_string(raw.get(name))) is not None:
            kept[name] = _string(raw.get(name))
    if isinstance(cidrs, list):
        kept["cidr0_cidrs"] = [one for one in cidrs[:MAX_CARD] if _is_cidr(one)]
    return kept


def _string(value: object) -> str:
    return value[:MAX_TEXT] if isinstance(value, str) else ""


def _text(value: str) -> str:
    return visible_text(" ".join(value.split()))


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text.strip())
    except ValueError:
        return None


def _is_cidr(one: object) -> bool:
    if not isinstance(one, dict):
        return False
    prefix = one.get("v4prefix") or one.get("v6prefix")
    return isinstance(prefix, str) and type(one.get("length")) is int and _address(prefix) is not None


def _entities(given: object, left: list[int], depth: int) -> Iterator[dict[str, Any]]:
    """Those of a list, with those inside them; ``left``: how many there may be yet."""
    for entity in given if isinstance(given, list) else ():
        if left[0] <= 0:
            return
        if not isinstance(entity, dict):
            continue
        left[0] -= 1
        roles = entity.get("roles")
        inner = list(_entities(entity.get("entities"), left, depth + 1)) if depth < MAX_DEPTH else []
        yield {
            "objectClassName": "entity",
            "handle": _string(entity.get("handle")),
            "roles": [
                role.strip().lower()
                for role in (roles if isinstance(roles, list) else ())[:MAX_CARD]
                if isinstance(role, str)
            ],
            "vcardArray": ["vcard", list(_mails(entity.get("vcardArray")))],
            "entities": inner,
        }


def _mails(card: object) -> Iterator[list[Any]]:
    """Of a jCard (RFC 7095) the lines that are mail addresses."""
    if not (isinstance(card, list) and len(card) == 2 and isinstance(card[1], list)):
        return
    for line in card[1][:MAX_CARD]:
        if isinstance(line, list) and len(line) >= 4 and line[0] == "email":
            for value in line[3:]:
                if isinstance(value, str) and len(value) <= MAX_TEXT:
                    yield ["email", {}, "text", value]


def _range(parsed: dict[str, Any], asked: IPv4Address | IPv6Address) -> tuple[str, str]:
    first, last = _address(parsed["start_address"]), _address(parsed["end_address"])
    if first is None or last is None:
        around = [one for one in parsed["cidrs"] if one.version == asked.version and asked in one]
        if not around:
            raise AnswerError("its answer names no network around the address")
        first, last = around[0].network_address, around[0].broadcast_address
    if not first.version == last.version == asked.version or not int(first) <= int(asked) <= int(last):
        raise AnswerError("its answer is about another network")
    whole = ip_network(f"{first}/{LARGEST[asked.version]}", strict=False)
    if int(last) > int(whole.broadcast_address) or int(last) - int(first) >= whole.num_addresses:
        raise AnswerError("its answer is about what is a registry's, and nobody's network")
    return str(first), str(last)


def _contacts(entities: dict[str, Sequence[dict[str, Any]]]) -> tuple[str, list[str]]:
    for role in ROLES:
        given = (mail for entity in entities.get(role, ()) for mail in entity.get("emails", ()))
        addresses = list(dict.fromkeys(address for mail in given if (address := mail_address(mail))))
        if addresses:
            return role, addresses
    return "", []


def mail_address(text: str) -> str:
    """In its one form; empty for what is none, or leads nowhere."""
    try:
        address = address_of(text)
    except MailSettingError:
        return ""
    name = address.rpartition("@")[2]
    return "" if any(name == one or name.endswith(f".{one}") for one in _NOWHERE) else address
