"""``openletter lab internet``: run the simulated Internet, or tell its truth without running it."""

import argparse
import json
import os
import select
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict
from ipaddress import IPv4Network
from pathlib import Path
from typing import TextIO

from openletter.lab.internet.country_table import country_table, formatted
from openletter.lab.internet.networks import write_networks
from openletter.lab.internet.population import NO_TLS_SHARE, SEED, World
from openletter.lab.internet.simulation import (
    STANDARD_BASE,
    UNPRIVILEGED_BASE,
    CannotStartError,
    SimulatedInternet,
)
from openletter.lab.internet.truth import UNKNOWN, Class

WRONG_USAGE, COULD_NOT_RUN = 2, 3
LOOK_S = 1.0
"""Seconds between two looks at whether every process still serves."""


def scope_text(world: World) -> str:
    """The world's blocks as a scope file: a CIDR a line, and its country."""
    head = f"# the simulated Internet at 1:{world.scale}: {world.size} addresses\n"
    return head + "".join(f"{block} country={country}\n" for block, country in world.blocks())


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def run(
    scale: int = 1000,
    processes: int | None = None,
    *,
    port_base: int | None = UNPRIVILEGED_BASE,
    cache: Path | None = None,
    scope_out: Path | None = None,
    seed: int = SEED,
    no_tls_share: float = NO_TLS_SHARE,
    ready: Callable[[str], None] = say,
) -> int:
    """Run until SIGINT or SIGTERM, then end every process that was started. Returns the exit code: 0, 2 for a setting
    that is none, 3 where it could not run or a process ended by itself.

    ``port_base`` is added to 110, 143, 993, 995 (0: the standard ports, for root; ``None``: a free base). ``ready`` is
    told, in one line, when every process listens; ``scope_out`` is written before that. Must be called from the main
    thread.
    """
    # A pipe and no lock: a handler that took one might find it held by what it interrupted.
    told_to_stop, stop = os.pipe()
    before = {
        number: signal.signal(number, lambda *_: os.write(stop, b"."))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        simulation = SimulatedInternet(
            scale, processes, port_base=port_base, cache=cache, seed=seed, no_tls_share=no_tls_share
        )
        with simulation:
            if scope_out is not None:
                scope_out.write_text(scope_text(simulation.world), "ascii")
            ports = " ".join(f"{name}={port}" for name, port in simulation.ports.items())
            ready(f"ready: 1:{scale}, {simulation.processes} processes, {ports}, root {simulation.root_pem}")
            while not select.select([told_to_stop], [], [], LOOK_S)[0]:
                code = simulation.ended()
                if code is not None:
                    say(f"openletter lab internet: a process ended by itself with code {code}")
                    return COULD_NOT_RUN
    except ValueError as error:
        say(f"openletter lab internet: {error}")
        return WRONG_USAGE
    except OSError as error:
        reason = error if isinstance(error, CannotStartError) else f"{error.filename}: {error.strerror}"
        say(f"openletter lab internet: cannot start: {reason}")
        return COULD_NOT_RUN
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(told_to_stop)
        os.close(stop)
    return 0


def tell_truth(
    scope: Iterable[str] | None, world: World, out: TextIO, *, open_only: bool = False
) -> Counter[tuple[int, Class]]:
    """Write the truth of a scope of CIDRs (``None``: the world) as JSON Lines; returns the count of each class a port.

    Raises ``ValueError`` for what is no CIDR.
    """
    counts: Counter[tuple[int, Class]] = Counter()
    for truth in world.truths(scope):
        if open_only and truth.manner == "closed":
            continue
        counts[truth.port, truth.cls] += 1
        told = asdict(truth)
        told["class"] = told.pop("cls")
        out.write(json.dumps(told) + "\n")
    return counts


def summary(counts: Counter[tuple[int, Class]]) -> str:
    """Classes a port as text; those that stand for "unknown" are marked."""
    ports = (110, 143, 993, 995)
    lines = [f"{'':34}" + "".join(f"{port:>10}" for port in ports)]
    for cls in Class:
        if any(counts[port, cls] for port in ports):
            name = f"{cls} (unknown)" if cls in UNKNOWN else str(cls)
            lines.append(f"{name:34}" + "".join(f"{counts[port, cls]:>10,}" for port in ports))
    return "\n".join(lines)


def _check_cidr(text: str) -> None:
    try:
        IPv4Network(text)
    except ValueError as error:
        raise ValueError(f"{text} is no IPv4 network in CIDR form ({error})") from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="openletter lab internet",
        description="Run the simulated Internet, or tell its truth without running it.",
    )
    world = argparse.ArgumentParser(add_help=False)
    world.add_argument("--scale", type=int, default=1000, metavar="N", help="1:N (default: %(default)s)")
    world.add_argument("--seed", type=int, default=SEED, help="another seed, another place for each host")
    world.add_argument(
        "--no-tls-share",
        type=float,
        default=NO_TLS_SHARE,
        metavar="SHARE",
        help="of the exposed, those without any TLS (default: one in seventeen)",
    )
    verbs = parser.add_subparsers(dest="verb", required=True)
    serve = verbs.add_parser("serve", parents=[world], help="answer on loopback until Ctrl-C")
    serve.add_argument("--processes", type=int, metavar="N", help="default: one a core")
    base = serve.add_mutually_exclusive_group()
    base.add_argument(
        "--port-base", type=int, default=UNPRIVILEGED_BASE, metavar="N", help="N+110, N+143 ..."
    )
    base.add_argument("--standard-ports", action="store_true", help="110, 143, 993, 995; needs root")
    base.add_argument(
        "--free-ports", action="store_true", help="any that no one uses; the ready line names them"
    )
    serve.add_argument("--cache", type=Path, metavar="FOLDER", help="for the certificates")
    serve.add_argument("--scope-out", type=Path, metavar="FILE", help="write the world's blocks here")
    truth = verbs.add_parser("truth", parents=[world], help="JSON Lines of what a survey must find")
    truth.add_argument("scope", nargs="*", metavar="CIDR", help="default: the whole world")
    truth.add_argument("--open", action="store_true", help="leave out closed endpoints")
    truth.add_argument("--summary", action="store_true", help="classes a port, on standard error")
    verbs.add_parser("networks", parents=[world], help="who announces the addresses: a CSV for --geo")
    verbs.add_parser("countries", parents=[world], help="the table of countries that a survey must end in")
    return parser


def main(arguments: list[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    if given.verb == "serve":
        chosen = STANDARD_BASE if given.standard_ports else given.port_base
        return run(
            given.scale,
            given.processes,
            port_base=None if given.free_ports else chosen,
            cache=given.cache,
            scope_out=given.scope_out,
            seed=given.seed,
            no_tls_share=given.no_tls_share,
        )
    try:
        world = World(given.scale, given.seed, given.no_tls_share)
        if given.verb == "countries":
            print(formatted(country_table(world)))
            return 0
        if given.verb == "networks":
            write_networks(world, sys.stdout)
            return 0
        for cidr in given.scope:
            _check_cidr(cidr)
        counts = tell_truth(given.scope or None, world, sys.stdout, open_only=given.open)
    except ValueError as error:
        say(f"openletter lab internet: {error}")
        return WRONG_USAGE
    except BrokenPipeError:
        return 0
    if given.summary:
        say(summary(counts))
    return 0
