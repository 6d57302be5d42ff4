"""``openletter survey --explain``: what would be sent to whom, in words; nothing is sent."""

from collections import Counter
from collections.abc import Sequence
from itertools import islice

from openletter.cli.discover import Discovery, unseen_by_zmap, zmap_rate
from openletter.cli.progress import duration
from openletter.discovery.target_list import TargetList
from openletter.report.visible import visible_text
from openletter.scope.authorisation import Authorisation, public_intervals
from openletter.scope.error import shown
from openletter.scope.host import NamedHost
from openletter.scope.optout import OptOut
from openletter.scope.scope import Scope
from openletter.survey.asked import endpoints_of
from openletter.survey.effort import Effort
from openletter.survey.plan import Plan

_SHOWN_NETWORKS = 5

_STEPS = {
    "cleartext": "greeting; {list}; {start} (also where it is not offered) and a TLS handshake; {list} again; {end}",
    "implicit": "a TLS handshake; greeting; {list}; {end}",
}
_WORDS = {
    "imap": {"list": "CAPABILITY", "start": "STARTTLS", "end": "LOGOUT"},
    "pop3": {"list": "CAPA", "start": "STLS", "end": "QUIT"},
}


def explanation(
    scope: Scope | TargetList,
    plan: Plan,
    effort: Effort,
    optouts: Sequence[OptOut] = (),
    discover: Discovery = Discovery.NONE,
) -> str:
    """Some lines of text. ``optouts``: those of the store that hold."""
    if isinstance(scope, TargetList):
        public = scope.public_count
        whence = f"of the list {scope.description.id}, made of {', '.join(map(shown, scope.description.sources[:3]))}"
        named: tuple[NamedHost, ...] = ()
    else:
        public = sum(part.size for part in public_intervals(scope))
        whence = f"countries: {_countries(scope)}"
        named = scope.description.named
    part = f", of which this is part {plan.part.index} of {plan.part.of}" if plan.part.of > 1 else ""
    lines = [
        f"To whom: {scope.address_count:,} addresses ({public:,} of them public){part}, "
        f"{'about ' if part else ''}{plan.endpoints:,} endpoints.",
        f"  first in order: {_first(scope, plan)}",
        f"  {whence}",
        f"  excluded, in the scope or not: {sum(i.size for i in scope.exclusions.intervals):,} addresses, with "
        f"{len(optouts):,} {'entry' if len(optouts) == 1 else 'entries'} of the opt-out list",
        "What is said on each port:",
    ]
    services = sorted(
        {service for host in named for service in host.services} | set(plan.scope.plan.services)
    )
    for service in services:
        steps = _STEPS[service.mode].format(**_WORDS[service.protocol])
        lines.append(f"  {service.port} ({service.protocol}, {service.mode}): {steps}")
    lines.append(
        "  Where the handshake fails, one more with older TLS on a new connection, then a hello of SSLv3."
    )
    if plan.conditions.confirm:
        lines.append("  Confirmation: AUTHENTICATE PLAIN broken off, or a bare USER; no password.")
    if isinstance(scope, Scope):
        lines += _looked_for(scope, effort, discover)
    if plan.retries:
        lines.append(
            f"Asked again, {plan.retries} time{'s' if plan.retries > 1 else ''} and {plan.retry_after:g} s after the whole: "
            "who was silent, timed out or reset the connection."
        )
    lines += [
        "Never: a password, a login, a mailbox.",
        f"How fast: {_rates(effort)}; one connection at a time to a host{_gap(plan)}; "
        f"{effort.concurrency:,} open at most, "
        f"by {effort.processes} process{'es' if effort.processes > 1 else ''}.",
    ]
    if effort.hours:
        lines.append(f"When: {', '.join(map(str, effort.hours))}.")
    lines.append(f"From where: {_vantage(plan)}")
    if effort.rate:
        lines.append(f"How long: about {duration(plan.endpoints / effort.rate)}.")
    lines.append(f"By what right: {_right(plan.authorisation)}")
    lines.append("Nothing has been sent.")
    return "\n".join(lines)


def _first(scope: Scope | TargetList, plan: Plan) -> str:
    seen = dict.fromkeys((one.ip, one.host) for one in islice(endpoints_of(plan, scope, 0), 40))
    return ", ".join(f"{ip} ({shown(name)})" if name else ip for ip, name in islice(seen, 3))


def _looked_for(scope: Scope, effort: Effort, how: Discovery) -> list[str]:
    """What is sent before anybody is asked."""
    match how:
        case Discovery.NONE:
            return []
        case Discovery.CONNECT:
            return [
                "First: a connection to each of these endpoints, closed at once; only open ones are asked the above."
            ]
        case Discovery.ZMAP:
            unseen = unseen_by_zmap(scope)
            return [
                f"First: a SYN packet to each of these endpoints, by ZMap, port after port, at most {zmap_rate(effort):,} "
                "a second; only open ones are asked the above.",
                "  Who opts out meanwhile is left out from its next port on.",
                *([f"  Neither looked at nor asked: {unseen:,} IPv6 addresses."] if unseen else []),
            ]


def _gap(plan: Plan) -> str:
    gap = plan.conditions.host_gap
    return f", {gap:g} s between two" if gap else ""


def _vantage(plan: Plan) -> str:
    vantage = plan.vantage
    where = ", ".join(vantage.seen_as) or "no address with a way to them"
    return f"{shown(vantage.name)}, {where}{' (bound)' if vantage.sources else ''}."


def _countries(scope: Scope) -> str:
    counts: Counter[str] = Counter()
    for interval, span in zip(scope.intervals, scope.description.spans, strict=True):
        counts[span.country or "not known"] += interval.size
    return ", ".join(f"{country} {count:,}" for country, count in counts.most_common(8))


def _rates(effort: Effort) -> str:
    overall = f"{effort.rate:g} connections a second" if effort.rate else "as fast as it goes"
    network = f", {effort.network_rate:g} a second to any /24 or /48" if effort.network_rate else ""
    return overall + network


def _right(authorisation: Authorisation | None) -> str:
    if authorisation is None:
        return "no authorisation file; none is needed for so few public addresses."
    networks = ", ".join(authorisation.scope[:_SHOWN_NETWORKS])
    more = len(authorisation.scope) - _SHOWN_NETWORKS
    who, contact, basis = map(visible_text, (authorisation.who, authorisation.contact, authorisation.basis))
    return (
        f"{who} ({contact}): {basis}, until {authorisation.until}; "
        f"for {networks}{f' and {more:,} more' if more > 0 else ''}; "
        f"{'with' if authorisation.confirm else 'without'} leave for --confirm."
    )
