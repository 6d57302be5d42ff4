"""Who allowed a survey: a file that is read before the first packet and kept with the survey.

.. code-block:: toml

    who = "Example CSIRT"
    contact = "csirt@example.org"
    basis = "section 7 of the Example Network Security Act"
    scope = ["192.0.2.0/24", "2001:db8::/32"]
    until = 2027-03-31
    confirm = false
"""

import tomllib
from datetime import date, datetime
from pathlib import Path

import msgspec

from openletter.scope.address import Interval, merged, shown_interval, without
from openletter.scope.error import ScopeError, shown
from openletter.scope.scope import Scope
from openletter.scope.special import SPECIAL_INTERVALS
from openletter.scope.target import parse_target

FREE_PUBLIC_ADDRESSES = 256
"""Public addresses that may be asked without an authorisation: a /24, what an administrator calls their own."""

_KEYS = ("who", "contact", "basis", "scope", "until", "confirm")


class Authorisation(msgspec.Struct, frozen=True, kw_only=True):
    """What the file says; goes into the survey's metadata."""

    who: str
    contact: str
    basis: str
    scope: tuple[str, ...]
    until: date
    """The last day on which it holds."""
    confirm: bool = False
    """Whether the credential-free confirmation (VERDICTS §4, audit) is allowed too."""

    def uncovered(self, scope: Scope) -> list[Interval]:
        """The public addresses of a scope that are not in this authorisation's."""
        allowed = merged(i for text in self.scope if (i := parse_target(text).interval) is not None)
        return [left for part in public_intervals(scope) for left in without(part, allowed)]

    def covers(self, scope: Scope, today: date) -> bool:
        """Whether it holds on that day for every public address of the scope."""
        return today <= self.until and not self.uncovered(scope)


def public_intervals(scope: Scope) -> list[Interval]:
    """The addresses of a scope that are asked and may be someone else's: without exclusions, loopback, private and other
    special ones."""
    nobodys = merged((*SPECIAL_INTERVALS, *scope.exclusions.intervals))
    return [left for part in scope.intervals for left in without(part, nobodys)]


def load(path: Path) -> Authorisation:
    """Read an authorisation file. Raises ScopeError, which names the file, the key and what would be right."""
    file = shown(str(path))
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ScopeError(f"{file}: no such authorisation file") from None
    except OSError as error:
        raise ScopeError(f"{file} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ScopeError(f"{file} is no TOML: {shown(str(error))}") from None
    for key in table:
        if key not in _KEYS:
            raise ScopeError(
                f"{file}: {shown(key)} is no key of an authorisation; the keys are {', '.join(_KEYS)}"
            )
    scope = table.get("scope")
    if not isinstance(scope, list) or not scope or not all(isinstance(text, str) for text in scope):
        raise ScopeError(f'{file}: scope is a list of networks, as in scope = ["192.0.2.0/24"]')
    for text in scope:
        target = parse_target(text, f"{file} scope")
        if target.interval is None or target.port is not None or target.country:
            raise ScopeError(f"{file} scope: {shown(text)} is no network; write it as 192.0.2.0/24")
    until = table.get("until")
    if not isinstance(until, date) or isinstance(until, datetime):
        raise ScopeError(f"{file}: until is the last day, as in until = 2027-03-31")
    confirm = table.get("confirm", False)
    if not isinstance(confirm, bool):
        raise ScopeError(f"{file}: confirm is true or false")
    return Authorisation(
        who=_word(file, table, "who", "the body that surveys"),
        contact=_word(file, table, "contact", "where its owner can be reached"),
        basis=_word(file, table, "basis", "by what right"),
        scope=tuple(scope),
        until=until,
        confirm=confirm,
    )


def _word(file: str, table: dict[str, object], key: str, meaning: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ScopeError(f'{file}: {key} says {meaning}, as in {key} = "..."')
    return value.strip()


def require(scope: Scope, authorisation: Authorisation | None, today: date) -> None:
    """Refuse a scope that needs an authorisation and has none that holds.

    Loopback, private and other special addresses need none; nor do up to 256 public ones. Raises ScopeError.
    """
    public = sum(part.size for part in public_intervals(scope))
    if public <= FREE_PUBLIC_ADDRESSES:
        return
    if authorisation is None:
        raise ScopeError(
            f"{public:,} public addresses need an authorisation, since they are more than {FREE_PUBLIC_ADDRESSES}: "
            "give a file with who, contact, basis, scope and until by --authorisation"
        )
    if today > authorisation.until:
        raise ScopeError(
            f"the authorisation of {shown(authorisation.who)} ended on {authorisation.until}; renew it"
        )
    uncovered = authorisation.uncovered(scope)
    if uncovered:
        count = sum(part.size for part in uncovered)
        raise ScopeError(
            f"the authorisation of {shown(authorisation.who)} does not hold for {count:,} of the addresses, "
            f"{shown_interval(uncovered[0])} among them; leave them out or have it widened"
        )
