"""The demonstration: the main job on a world whose truth is known, and its result beside the figures that it is made of."""

import shutil
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from openletter.cli.failure import EXIT_COULD_NOT_RUN, EXIT_FOUND, EXIT_NOTHING_FOUND
from openletter.cli.tables import bar
from openletter.lab.internet.command import scope_text
from openletter.lab.internet.figures import EXPOSED_WORLD
from openletter.lab.internet.figures import PUBLISHED as FIGURES
from openletter.lab.internet.population import World
from openletter.lab.internet.simulation import CannotStartError, SimulatedInternet
from openletter.statistics.country import CountryCounts, by_country
from openletter.statistics.database import verdicts_of
from openletter.store.store import Store

DEMO_FOLDER = Path(".demo")
_PUBLISHED = {row.country: row.exposed for row in FIGURES if row.published}
"""Hosts with exposed POP3, January 2025, as the Shadowserver Foundation counted them."""
_BAR = 14
"""Characters: the whole table fits a terminal of 80."""
_SHOWN = 16
"""Countries with a line of their own; the rest are one line."""


class _Affected(NamedTuple):
    """Hosts of one country that are affected, as a survey must find them."""

    pop3_wide: int
    pop3_strict: int
    imap_wide: int
    imap_strict: int


def _truth(world: World) -> dict[str, _Affected]:
    """Counted from what each endpoint is, without asking any."""
    hosts: dict[tuple[str, str], set[str]] = {}
    for endpoint in world.truths():
        protocol = "pop3" if endpoint.port in (110, 995) else "imap"
        counts = [name for name, holds in (("wide", endpoint.wide), ("strict", endpoint.strict)) if holds]
        hosts.setdefault((endpoint.country, endpoint.ip), set()).update(
            f"{protocol}_{count}" for count in counts
        )
    totals: dict[str, Counter[str]] = {}
    for (country, _), counts_as in hosts.items():
        totals.setdefault(country, Counter()).update(counts_as)
    return {
        country: _Affected(*(total[field] for field in _Affected._fields))
        for country, total in totals.items()
    }


def _found(row: CountryCounts) -> _Affected:
    pop3, imap = row.hosts_pop3, row.hosts_imap
    return _Affected(pop3.wide, pop3.strict, imap.wide, imap.strict)


def _print_table(console: Console, rows: Sequence[CountryCounts], scale: int) -> None:
    table = Table(
        title=f"\nMail hosts without enforced TLS: the simulated world at 1:{scale:,}, by country",
        title_style="bold",
        title_justify="left",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    table.add_column("\n", no_wrap=True)
    table.add_column("Shadow-\nserver", justify="right", style="cyan", no_wrap=True)
    for name in ("POP3\nwide", "\nstrict", "IMAP\nwide", "\nstrict", "un-\nknown", "ans-\nwered"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("POP3, wide\n", no_wrap=True)
    ranked = sorted(rows, key=lambda row: (-row.hosts_pop3.wide, row.country))
    most = max((row.hosts_pop3.wide for row in ranked), default=0)

    def add(name: str, of: Sequence[CountryCounts], figure: str, drawn: str) -> None:
        affected = [sum(column) for column in zip(*map(_found, of), strict=True)]
        unknown = sum(row.hosts_either.unknown for row in of)
        answered = sum(row.hosts_either.answered for row in of)
        table.add_row(name, figure, *(f"{count:,}" for count in (*affected, unknown, answered)), drawn)

    for row in ranked[:_SHOWN]:
        figure = _PUBLISHED.get(row.country)
        shown = f"{figure / scale:,.1f}" if figure is not None else "–"
        add(row.country, [row], shown, bar(row.hosts_pop3.wide, most, width=_BAR))
    if ranked[_SHOWN:]:
        add(f"{len(ranked) - _SHOWN} others", ranked[_SHOWN:], "–", "")
    table.add_section()
    add("world", ranked, f"{EXPOSED_WORLD / scale:,.1f}", "")
    console.print(table, highlight=False)
    console.print(_LEGEND, highlight=False, style="dim")


def _print_comparison(console: Console, rows: Sequence[CountryCounts], world: World) -> bool:
    """Whether the survey found the truth."""
    truth, found = _truth(world), {row.country: _found(row) for row in rows}
    wrong = sorted(country for country in truth if truth[country] != found.get(country))
    for country in wrong:
        console.print(
            f"{country}: found {found.get(country)}, but the truth is {truth[country]}", style="bold red"
        )
    if not wrong:
        console.print(f"Equal to the world's truth in each of its {len(truth)} countries.", style="green")
    return not wrong


_LEGEND = (
    "Shadowserver: hosts with exposed POP3, January 2025, divided by the scale\n"
    "wide: a password can cross in the clear, strict among them\n"
    "strict: no TLS to be had\n"
    "unknown: answered, but not known (either protocol); never counted as affected"
)


def demonstrate(scale: int, folder: Path) -> int:
    """Run it; the exit code."""
    from openletter.cli.main import run  # the demonstration is a user of the command line

    store = folder / "store"
    shutil.rmtree(store, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    scope = folder / "world.txt"
    console = Console()
    try:
        with SimulatedInternet(scale, port_base=None, cache=folder / "lab") as internet:
            scope.write_text(scope_text(internet.world), encoding="utf-8")
            ports = [word for name, port in internet.ports.items() for word in ("--port", f"{name}={port}")]
            sys.stderr.write(
                f"Surveying the simulated Internet at 1:{scale:,}: {internet.world.size:,} addresses on loopback\n"
            )
            words = ["survey", str(scope), *ports, "--store", str(store), "--roots", str(internet.root_pem)]
            # Both sides share this machine: more connections at once would only make its answers late.
            code = run([*words, "--concurrency", "256", "--timeout", "8", "--fail-on", "never"])
            if code != EXIT_NOTHING_FOUND:
                return code
            with Store(store) as opened, verdicts_of(opened, opened.latest()) as verdicts:
                rows = by_country(verdicts)
            _print_table(console, rows, scale)
            right = _print_comparison(console, rows, internet.world)
    except CannotStartError as error:
        sys.stderr.write(f"openletter: the simulated Internet cannot start: {error}\n")
        return EXIT_COULD_NOT_RUN
    console.print(f"Go on with: openletter stats --store {store} --by country", highlight=False)
    return EXIT_NOTHING_FOUND if right else EXIT_FOUND
