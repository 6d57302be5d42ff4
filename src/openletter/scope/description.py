"""A scope as it is stored with a survey: enough to rebuild it exactly, though names resolve elsewhere by then."""

import msgspec

from openletter.scope.host import NamedHost
from openletter.scope.ports import PortPlan


class Span(msgspec.Struct, frozen=True, array_like=True):
    """Addresses from ``first`` to ``last``, both included, with their country (empty: not known)."""

    first: str
    last: str
    country: str = ""


class ScopeDescription(msgspec.Struct, frozen=True, kw_only=True):
    """All of a scope, in text and numbers; goes through JSON unchanged."""

    version: int = 1
    targets: tuple[str, ...]
    """As the user wrote them, for people to read; nothing is computed from them."""
    plan: PortPlan
    spans: tuple[Span, ...]
    """Sorted and disjoint; exclusions and special ranges are taken out already."""
    named: tuple[NamedHost, ...] = ()
    """Hosts with a name or with ports of their own. Their addresses lie in ``spans`` too."""
    exclusions: tuple[Span, ...] = ()
    """What was excluded, to be looked at again before every connect."""
