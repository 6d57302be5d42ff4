"""Whether a target list may be asked: the rule of :mod:`openletter.scope.authorisation`, for hosts that are kept in a file."""

from datetime import date

from openletter.discovery.target_list import TargetList
from openletter.scope import address
from openletter.scope.address import Interval, merged
from openletter.scope.authorisation import FREE_PUBLIC_ADDRESSES, Authorisation
from openletter.scope.error import ScopeError, shown
from openletter.scope.target import parse_target


def allowed_intervals(authorisation: Authorisation) -> list[Interval]:
    """What an authorisation covers, sorted and disjoint."""
    return merged(i for text in authorisation.scope if (i := parse_target(text).interval) is not None)


def require_for_targets(targets: TargetList, authorisation: Authorisation | None, today: date) -> None:
    """Refuse a list that needs an authorisation and has none that holds. Raises ScopeError.

    Reads the whole list where there is an authorisation.
    """
    if targets.public_count <= FREE_PUBLIC_ADDRESSES:
        return
    if authorisation is None:
        raise ScopeError(
            f"{targets.public_count:,} public addresses need an authorisation, since they are more than "
            f"{FREE_PUBLIC_ADDRESSES}: give a file with who, contact, basis, scope and until by --authorisation"
        )
    if today > authorisation.until:
        raise ScopeError(
            f"the authorisation of {shown(authorisation.who)} ended on {authorisation.until}; renew it"
        )
    count, example = targets.uncovered(allowed_intervals(authorisation))
    if example is not None:
        raise ScopeError(
            f"the authorisation of {shown(authorisation.who)} does not hold for {count:,} of the addresses, "
            f"{address.text(example)} among them; leave them out (openletter import --authorisation) or have it widened"
        )
