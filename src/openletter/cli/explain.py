"""``openletter survey --explain``: what would be sent to whom, in words; nothing is sent."""

from collections import Counter
from collections.abc import Sequence
from itertools import islice

from openletter.cli.progress import duration
from openletter.scope.authorisation import Authorisation, public_intervals
from openletter.scope.optout import OptOut
from openletter.scope.scope import Scope
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


def explanation(scope: Scope, plan: Plan, effort: Effort, optouts: Sequence[OptOut] = ()) -> str:
    """Some lines of text. ``optouts``: those of the store that hold."""
    public = sum(part.size for part in public_intervals(scope))
    lines = [
        f"To whom: {scope.address_count:,} addresses ({public:,} of them public), {plan.endpoints:,} endpoints.",
        f"  first in order: {_first(scope, plan)}",
        f"  countries: {_countries(scope)}",
        f"  left out by your exclusions: {sum(i.size for i in scope.exclusions.intervals):,} addresses; "
        f"{len(optouts):,} entries of the opt-out list among them",
        "What is said on each port:",
    ]
    services = sorted(
        {service for host in scope.description.named for service in host.services}
        | set(plan.scope.plan.services)
    )
    for service in services:
        steps = _STEPS[service.mode].format(**_WORDS[service.protocol])
        lines.append(f"  {service.port} ({service.protocol}, {service.mode}): {steps}")
    lines.append(
        "  Where the handshake fails, one more with older TLS on a new connection, then a hello of SSLv3."
    )
    if plan.conditions.confirm:
        lines.append("  Confirmation: AUTHENTICATE PLAIN broken off, or a bare USER; no password.")
    lines += [
        "Never: a password, a login, a mailbox.",
        f"How fast: {_rates(effort)}; one connection at a time to a host; {effort.concurrency:,} open at most, "
        f"by {effort.processes} process{'es' if effort.processes > 1 else ''}.",
    ]
    if effort.rate:
        lines.append(f"How long: about {duration(plan.endpoints / effort.rate)}.")
    lines.append(f"By what right: {_right(plan.authorisation)}")
    lines.append("Nothing has been sent.")
    return "\n".join(lines)


def _first(scope: Scope, plan: Plan) -> str:
    hosts = islice(scope.hosts(0, plan.shards, seed=plan.seed), 3)
    return ", ".join(f"{host.ip} ({host.name})" if host.name else host.ip for host in hosts)


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
    return (
        f"{authorisation.who} ({authorisation.contact}): {authorisation.basis}, until {authorisation.until}; "
        f"for {networks}{f' and {more:,} more' if more > 0 else ''}; "
        f"{'with' if authorisation.confirm else 'without'} leave for --confirm."
    )
