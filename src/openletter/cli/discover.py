"""``openletter survey --discover``: which ports of a scope are open, as a list of targets that is then asked."""

import re
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path

import msgspec
import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from openletter.cli.failure import EXIT_INTERRUPTED
from openletter.dialogue.observation import Endpoint, Mode, Protocol
from openletter.discovery.connect_scan import ConnectScan
from openletter.discovery.found import Found
from openletter.discovery.gateway import default_gateway
from openletter.discovery.target_list import FOLDER, TargetList
from openletter.discovery.target_list_writer import TargetListWriter
from openletter.discovery.zmap import ZmapOptions, ZmapScan, require_ipv4, services_of
from openletter.discovery.zmap_version import find_program, version_of
from openletter.engine.pace import Pace
from openletter.scope import address
from openletter.scope.error import shown
from openletter.scope.exclusion import Exclusions
from openletter.scope.host import NamedHost
from openletter.scope.optout import intervals_of
from openletter.scope.ports import PortPlan
from openletter.scope.scope import Scope
from openletter.store.optout import OptOutList
from openletter.survey.ctrl_c import on_stop
from openletter.survey.effort import Effort, affordable
from openletter.survey.gate import Gate
from openletter.survey.hours import closed_for
from openletter.survey.leave import Leave
from openletter.survey.plan import Plan

ZMAP_RATE = 10_000
"""Packets a second where no rate was given: under a twentieth of a gigabit line."""


_MAC = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}")


class Discovery(StrEnum):
    NONE = "none"
    CONNECT = "connect"
    ZMAP = "zmap"


class _StoppedError(Exception):
    """By Ctrl-C or SIGTERM."""


def _stop() -> None:
    raise _StoppedError


def check_discovery(asked: Scope | TargetList, plan: Plan, how: Discovery) -> None:
    """Raises ``typer.BadParameter`` or ScannerError for what cannot be done; nothing is sent."""
    if how is Discovery.NONE:
        return
    if isinstance(asked, TargetList):
        raise typer.BadParameter("the list of --targets says what is open already", param_hint="--discover")
    if how is Discovery.ZMAP:
        if plan.part.of > 1 or (plan.effort and plan.effort.hours):
            raise typer.BadParameter(
                "ZMap goes through the whole scope at once, around the clock: let it run by itself, and give the list "
                "that it makes by --targets, with --shards or --window",
                param_hint="--discover zmap",
            )
        if any(ip_address(span.first).is_loopback for span in asked.description.spans):
            raise typer.BadParameter(
                "ZMap cannot see this machine's own addresses (127.0.0.0/8, ::1); use --discover connect",
                param_hint="--discover zmap",
            )
        require_ipv4(asked)
        version_of(find_program())


def zmap_rate(effort: Effort) -> int:
    """Packets a second; ZMap knows whole numbers alone."""
    return max(1, round(effort.rate)) if effort.rate else ZMAP_RATE


def unseen_by_zmap(scope: Scope) -> int:
    """Addresses of IPv6, which it does not know."""
    return sum(interval.size for interval in scope.intervals if interval.first >= address.IPV6_BEGINS)


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """Over which frames are sent; empty for what the system's default route says."""

    interface: str = ""
    gateway_mac: str = ""


def link(interface: str | None, gateway_mac: str | None) -> Link:
    """What the user said. Raises ``typer.BadParameter``."""
    if gateway_mac is not None and not _MAC.fullmatch(gateway_mac):
        raise typer.BadParameter(
            f"{shown(gateway_mac)} is no hardware address: it has six numbers, as in 02:00:00:00:00:01",
            param_hint="--gateway-mac",
        )
    return Link(interface=interface or "", gateway_mac=gateway_mac or "")


def discovered(
    scope: Scope,
    plan: Plan,
    how: Discovery,
    store: Path,
    never: Exclusions,
    console: Console,
    leave: Leave,
    over: Link | None = None,
) -> TargetList:
    """Look which endpoints are open; the list of them is kept in the store and can be asked again by its id.

    Raises ScannerError, OutOfResourcesError, DiscoveryError, and LeaveEndedError as soon as it may not look any more. Exits
    where it is stopped. What was found until then is not kept, since nobody could tell it from the whole.
    """
    count = 0
    if how is Discovery.ZMAP and (unseen := unseen_by_zmap(scope)):
        console.print(
            f"openletter: ZMap knows IPv4 alone: {unseen:,} IPv6 addresses of the scope are not looked at, nor asked; "
            "give them to a survey with --discover connect",
            highlight=False,
            soft_wrap=True,
        )
    with TargetListWriter(store, PortPlan(tuple(services_of(scope))), exclusions=never) as writer:
        try:
            with on_stop(_stop), _bar(console) as show:
                for found in _scan(scope, plan, how, store, leave, over or Link()):
                    count += 1
                    writer.add(found)
                    show(count)
                # ZMap ends by itself then, and says nothing of it.
                leave.require()
        except _StoppedError:
            console.print(
                f"openletter: stopped while looking for open ports; the {count:,} found are not kept",
                highlight=False,
            )
            raise typer.Exit(EXIT_INTERRUPTED) from None
        made = writer.publish(
            now=time.time(), sources=(f"discovery by {how}", *scope.description.targets[:20])
        )
    console.print(
        f"openletter: {made.endpoints:,} open ports of {made.addresses:,} addresses, kept as targets {made.id}",
        highlight=False,
        soft_wrap=True,
    )
    return TargetList(store / FOLDER / f"{made.id}.parquet", never)


@contextmanager
def _bar(console: Console) -> Iterator[Callable[[int], None]]:
    progress = Progress(
        SpinnerColumn(),
        TextColumn("looking for open ports · {task.fields[found]:,} found"),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    )
    with progress:
        task = progress.add_task("", total=None, found=0)
        yield lambda found: progress.update(task, found=found)


def _scan(scope: Scope, plan: Plan, how: Discovery, store: Path, leave: Leave, over: Link) -> Iterator[Found]:
    if how is Discovery.ZMAP:
        return _by_zmap(scope, plan, store, leave, over)
    return _by_connecting(scope, plan, store, leave)


def _by_zmap(scope: Scope, plan: Plan, store: Path, leave: Leave, over: Link) -> Iterator[Found]:
    assert plan.effort is not None
    optouts = OptOutList(store)
    gateway = default_gateway()
    mac = over.gateway_mac
    if not mac and gateway is not None and over.interface in ("", gateway.interface):
        mac = gateway.mac
    options = ZmapOptions(
        rate=zmap_rate(plan.effort),
        network_rate=plan.effort.network_rate,
        seed=plan.seed,
        source=plan.vantage.source,
        interface=over.interface,
        gateway_mac=mac,
    )

    def never() -> Exclusions:
        return Exclusions((*scope.exclusions.intervals, *intervals_of(optouts.entries())))

    def left() -> float:
        leave.require()
        return leave.left()

    named: dict[str, list[NamedHost]] = {}
    for host in scope.description.named:
        named.setdefault(host.ip, []).append(host)
    begins = [interval.first for interval in scope.intervals]
    for found in ZmapScan(scope, options, exclusions=never, left=left).scan():
        hosts = named.get(found.ip)
        if hosts is None:
            span = scope.description.spans[bisect_right(begins, address.parse(found.ip)) - 1]
            yield msgspec.structs.replace(found, country=span.country)
        for host in hosts or ():
            if any(service.port == found.port for service in host.services):
                yield msgspec.structs.replace(found, name=host.name, country=host.country)


def _by_connecting(scope: Scope, plan: Plan, store: Path, leave: Leave) -> Iterator[Found]:
    """Raises ScopeError where it cannot be known any more who must not be asked."""
    effort = plan.effort
    assert effort is not None

    def pause() -> float:
        leave.require()
        return closed_for(effort.hours, time.time())

    scan = ConnectScan(
        pace=Pace(effort.rate, effort.network_rate),
        concurrency=affordable(msgspec.structs.replace(effort, processes=1)).concurrency,
        host_gap=plan.conditions.host_gap,
        sources=plan.vantage.sources,
        excluded=lambda ip: (
            not gate.may_connect(Endpoint(ip=ip, port=0, protocol=Protocol.IMAP, mode=Mode.CLEARTEXT))
        ),
        pause=pause,
    )
    gate = Gate(scope.exclusions.intervals, OptOutList(store).path, shut=scan.stop)
    yield from scan.scan(scope.endpoints(plan.part.index, plan.part.of, seed=plan.seed))
    if gate.fault is not None:
        raise gate.fault
