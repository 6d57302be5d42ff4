"""`openletter lab real`: installs, lists and runs the real servers. Data to standard output, talk to standard error."""

import argparse
import dataclasses
import sys
from collections import defaultdict
from json import dumps
from pathlib import Path

from openletter.lab.real.catalogue import CATALOGUE, chosen
from openletter.lab.real.configuration import Configuration
from openletter.lab.real.packages import Installer, InstallError
from openletter.lab.real.run import Lab, LabError
from openletter.lab.real.truth import Truth

USAGE_ERROR, COULD_NOT_RUN = 2, 3
WATCH_SECONDS = 3600.0


def install(folder: Path | None) -> int:
    """Installs what is missing. 0, or 3 where that is not possible."""
    installer = Installer(folder, _say)
    try:
        installed = installer.install()
    except InstallError as error:
        _say(str(error))
        return COULD_NOT_RUN
    _say(f"installed {', '.join(installed)}" if installed else f"all is in place in {installer.folder}")
    return 0


def catalogue(json: bool) -> int:
    """Prints every configuration without starting any."""
    for configuration in CATALOGUE:
        print(_line(configuration, (), json))
    return 0


def run(only: list[str], truth: bool, json: bool, folder: Path | None) -> int:
    """Starts the servers, prints one line for each configuration and stays until Ctrl-C.

    `only`: names; empty means all. `truth`: log in everywhere and print the classes found. `json`: JSON Lines.
    Returns 0 after Ctrl-C, 2 for a name that does not exist, 3 where the lab cannot run or a server ends.
    """
    try:
        lab = Lab(folder, chosen(only) if only else CATALOGUE)
    except ValueError as error:
        _say(f"{error}; `openletter lab real list` shows them all")
        return USAGE_ERROR
    try:
        _say(f"starting {len(lab.configurations)} configurations")
        with lab:
            if truth:
                _say("logging in everywhere; servers that delay a refusal make this last about 15 s")
                lab.find_truths()
            _print(lab, json)
            _say(f"running, trusted by {lab.ca_pem}; Ctrl-C ends them")
            while True:
                lab.watch(WATCH_SECONDS)
    except LabError as error:
        _say(str(error))
        return COULD_NOT_RUN
    except KeyboardInterrupt:
        _say("ended")
        return 0


def _print(lab: Lab, json: bool) -> None:
    truths: dict[str, list[Truth]] = defaultdict(list)
    for truth in lab.truths:
        truths[truth.configuration].append(truth)
    for configuration in lab.configurations:
        print(_line(configuration, truths[configuration.name], json), flush=True)


def _line(configuration: Configuration, truths: list[Truth] | tuple[()], json: bool) -> str:
    if json:
        facts = {
            "configuration": configuration.name,
            "address": configuration.address,
            "ports": configuration.ports,
            "host": configuration.host,
            "server": configuration.server,
            "title": configuration.title,
        }
        endpoints = [dataclasses.asdict(truth) for truth in truths]
        return dumps(facts | ({"endpoints": endpoints} if endpoints else {}), ensure_ascii=False)
    ports = ",".join(str(port) for port in configuration.ports)
    line = f"{configuration.address:<12} {ports:<15} {configuration.name:<33} {configuration.title}"
    found = " ".join(f"{truth.port}={truth.expected_class}" for truth in truths)
    return f"{line} {found}".rstrip()


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main(arguments: list[str] | None = None) -> int:
    """Carry out `run`, `list` or `install`; the exit code."""
    parser = argparse.ArgumentParser(
        prog="openletter lab real",
        description="Install, list and run the real servers. Data go to standard output, talk to standard error.",
    )
    parser.add_argument(
        "--folder", type=Path, help="where packages are unpacked; other users must be able to enter"
    )
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("install", help="install what is missing (root on Debian)")
    listing = verbs.add_parser("list", help="show the configurations without starting them")
    running = verbs.add_parser("run", help="start them and stay until Ctrl-C")
    running.add_argument("only", nargs="*", metavar="NAME", help="configurations to start; all when left out")
    running.add_argument("--truth", action="store_true", help="log in everywhere and print the classes found")
    for verb in (listing, running):
        verb.add_argument("--json", action="store_true", help="JSON Lines on standard output")
    given = parser.parse_args(arguments)
    if given.verb == "install":
        return install(given.folder)
    if given.verb == "list":
        return catalogue(given.json)
    return run(given.only, given.truth, given.json, given.folder)
