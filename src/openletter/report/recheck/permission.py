"""Whether an endpoint may be asked again: under what the survey that saw it was allowed, as far as that still holds, and never
where its owner does not wish it."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from pathlib import Path

import msgspec

from openletter.dialogue.observation import Endpoint
from openletter.discovery.zgrab2 import ORIGIN
from openletter.scope import address
from openletter.scope.address import Interval, covering, merged
from openletter.scope.authorisation import Authorisation
from openletter.scope.error import ScopeError
from openletter.scope.scope import Scope
from openletter.scope.special import is_public
from openletter.scope.target import parse_target
from openletter.store.optout import OptOutList
from openletter.survey.gate import Gate
from openletter.survey.plan import Plan


class Refusal(StrEnum):
    OPTED_OUT = "opted out"
    EXCLUDED = "excluded"
    """From the survey, or by whoever serves."""
    NOT_IN_SCOPE = "not in scope"
    """Of the survey; also where it was read from somebody else's scan."""
    NOT_AUTHORISED = "not authorised"
    EXPIRED = "expired"
    """The authorisation."""
    LIST_UNREADABLE = "list unreadable"
    """The opt-out list: who must not be asked is not known."""


class Permission(msgspec.Struct, frozen=True):
    """``gate`` has the last word before each connect; none where it was refused before."""

    refusal: Refusal | None
    gate: Gate | None = None


def permission(
    store_root: Path, plan: Plan, endpoint: Endpoint, today: date, excluded: Sequence[Interval] = ()
) -> Permission:
    """``plan``: of the survey that asked the endpoint; ``excluded``: by whoever serves."""
    try:
        gate = Gate(excluded, OptOutList(store_root).path)
    except ScopeError:
        return Permission(Refusal.LIST_UNREADABLE)
    if not gate.may_connect(endpoint):
        barred = Gate(excluded, None)
        return Permission(Refusal.OPTED_OUT if barred.may_connect(endpoint) else Refusal.EXCLUDED)
    refusal = _in_scope(plan, endpoint.ip) or _authorised(plan.authorisation, endpoint.ip, today)
    return Permission(refusal) if refusal else Permission(None, gate)


def _in_scope(plan: Plan, ip: str) -> Refusal | None:
    if plan.vantage.name == ORIGIN:
        return Refusal.NOT_IN_SCOPE
    try:
        scope = Scope(plan.scope)
    except ValueError:
        return Refusal.NOT_IN_SCOPE
    if scope.exclusions.covers(ip):
        return Refusal.EXCLUDED
    # A list of targets holds what it holds: that the survey asked the endpoint says that it stands there.
    return None if plan.targets is not None or scope.contains(ip) else Refusal.NOT_IN_SCOPE


def _authorised(by: Authorisation | None, ip: str, today: date) -> Refusal | None:
    number = address.parse(ip)
    if by is None or not is_public(number):
        return None
    if today > by.until:
        return Refusal.EXPIRED
    allowed = merged(i for text in by.scope if (i := parse_target(text).interval) is not None)
    return None if covering(allowed, number) is not None else Refusal.NOT_AUTHORISED
