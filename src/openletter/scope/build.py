"""From what a user wrote to a scope: names resolved, overlaps laid flat, exclusions and special ranges taken out."""

from bisect import bisect_right
from collections.abc import Sequence

from openletter.scope import address
from openletter.scope.address import Interval, covering, merged, without
from openletter.scope.description import ScopeDescription, span_of
from openletter.scope.error import ScopeError, at, shown
from openletter.scope.exclusion import Exclusions
from openletter.scope.host import NamedHost
from openletter.scope.labelled import Labelled, overlay
from openletter.scope.ports import REGISTERED, PortPlan, Service
from openletter.scope.resolve import Resolver, resolve_names, system_resolver
from openletter.scope.scope import Scope
from openletter.scope.special import block_around, holes_for
from openletter.scope.target import Target


class _Single:
    """An address that was given by a name or with a port."""

    def __init__(self, name: str, country: str, services: tuple[Service, ...]) -> None:
        self.name = name
        self.country = country
        self.services = services


def build_scope(
    targets: Sequence[Target],
    *,
    plan: PortPlan = REGISTERED,
    exclusions: Exclusions | None = None,
    ordered_without: bool = True,
    resolver: Resolver = system_resolver,
) -> Scope:
    """The scope of some targets.

    - An address counts once, however many targets hold it. Given by a name it is asked under that name (SNI, name
      check); under two names, under each. A range that holds it too adds the ports that the name did not ask.
    - ``host:port`` is asked on that port alone; the plan or IANA's registration says what speaks there.
    - Special ranges are left out, unless a target lies wholly inside one that can be meant (loopback, private,
      documentation ...). A name may point there: who writes ``localhost`` means it.
    - Exclusions win over everything. They are cut out before the order is made, or where ``ordered_without`` is false, stay in
      the order and are passed over when their turn comes: then machines that share a scope need not have the same ones.

    Raises ScopeError: nothing given, nothing left, a name that does not resolve, a port that nobody explained, a
    target that is never asked.
    """
    if not targets:
        raise ScopeError("the scope is empty: give a network, a range, an address, a name or a file of them")
    excluded = exclusions or Exclusions()
    resolved = resolve_names(targets, resolver)
    pieces: list[Labelled] = []
    singles: dict[int, list[_Single]] = {}
    for target in targets:
        if target.interval is not None and target.port is None:
            pieces += [Labelled(left, target.country) for left in _allowed(target, target.interval)]
            continue
        services = plan.services
        if target.port is not None:
            services = (plan.service(target.port, target.text, target.where),)
        for number in _numbers(target, resolved):
            singles.setdefault(number, []).append(_Single(target.name, target.country, services))
    ranges = merged(piece.interval for piece in pieces)
    pieces += [Labelled(Interval(n, n), single.country) for n, listed in singles.items() for single in listed]
    whole_scope = list(overlay(pieces))
    left_over = [
        Labelled(left, piece.country)
        for piece in whole_scope
        for left in without(piece.interval, excluded.intervals)
    ]
    if not left_over:
        raise ScopeError("nothing is left of the scope: every address of it is excluded")
    laid = left_over if ordered_without else whole_scope
    firsts = [piece.interval.first for piece in laid]
    named: list[NamedHost] = []
    for number in sorted(singles):
        if not ordered_without or covering(excluded.intervals, number) is None:
            country = laid[bisect_right(firsts, number) - 1].country
            whole = covering(ranges, number) is not None
            named += _named(address.text(number), country, singles[number], plan, whole)
    return Scope(
        ScopeDescription(
            targets=tuple(target.text for target in targets),
            plan=plan,
            spans=tuple(span_of(piece.interval, piece.country) for piece in laid),
            named=tuple(named),
            exclusions=tuple(map(span_of, excluded.intervals)),
        )
    )


def _allowed(target: Target, interval: Interval) -> list[Interval]:
    left = without(interval, holes_for(interval))
    if not left:
        block = block_around(interval)
        why = f"{block.name} (RFC {block.rfc})" if block else "special-purpose addresses only (RFC 6890)"
        raise at(target.where, f"{shown(target.text)} is {why}; no mail server is asked there")
    return left


def _numbers(target: Target, resolved: dict[str, list[str]]) -> list[int]:
    """The addresses of a target that is no range."""
    if target.interval is not None:
        return [left.first for left in _allowed(target, target.interval)]
    numbers = [address.parse(ip) for ip in resolved[target.name]]
    asked = [n for n in numbers if without(Interval(n, n), holes_for(Interval(n, n)))]
    if not asked:
        ips = ", ".join(resolved[target.name][:3])
        raise at(
            target.where, f"{shown(target.text)} resolves to {ips}; no mail server is asked there (RFC 6890)"
        )
    return asked


def _named(ip: str, country: str, listed: list[_Single], plan: PortPlan, whole: bool) -> list[NamedHost]:
    """The hosts of one address, names in the order given, without a name last and only for ports that are left.

    ``whole``: a range or a bare address without a port holds it too.
    """
    by_name: dict[str, set[Service]] = {}
    for single in listed:
        by_name.setdefault(single.name, set()).update(single.services)
    bare = by_name.pop("", set()) | (set(plan.services) if whole else set())
    bare -= set().union(*by_name.values())
    hosts = list(by_name.items())
    if bare:
        hosts.append(("", bare))
    rank = {service: place for place, service in enumerate(plan.services)}
    return [
        NamedHost(ip, name, country, tuple(sorted(services, key=lambda s: (rank.get(s, len(rank)), s.port))))
        for name, services in hosts
    ]
