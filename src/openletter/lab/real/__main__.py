"""`python -m openletter.lab.real [run|list|install]`."""

import argparse
import sys
from pathlib import Path

from openletter.lab.real import command


def main() -> int:
    parser = argparse.ArgumentParser(prog="openletter lab real", description=command.__doc__)
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
    arguments = parser.parse_args()
    if arguments.verb == "install":
        return command.install(arguments.folder)
    if arguments.verb == "list":
        return command.catalogue(arguments.json)
    return command.run(arguments.only, arguments.truth, arguments.json, arguments.folder)


if __name__ == "__main__":
    sys.exit(main())
