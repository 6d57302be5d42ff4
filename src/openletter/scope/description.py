"""A scope as it is stored with a survey: enough to rebuild it exactly, though names resolve elsewhere by then."""

from collections.abc import Iterable

import msgspec

from openletter.scope import address
from openletter.scope.address import Interval
from openletter.scope.host import NamedHost
from openletter.scope.ports import PortPlan


class Span(msgspec.Struct, frozen=True, array_like=True):
    """Addresses from ``first`` to ``last``, both included, with their country (empty: not known)."""

    first: str
    last: str
    country: str = ""

    @property
    def interval(self) -> Interval:
        """Raises ValueError where they are no addresses."""
        return Interval(address.parse(self.first), address.parse(self.last))


def span_of(interval: Interval, country: str = "") -> Span:
    return Span(address.text(interval.first), address.text(interval.last), country)


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

    def excluding(self, intervals: Iterable[Interval]) -> "ScopeDescription":
        """The same in the same order, of which these must not be asked either."""
        before = tuple(span.interval for span in self.exclusions)
        together = address.merged((*before, *intervals))
        return msgspec.structs.replace(self, exclusions=tuple(map(span_of, together)))
