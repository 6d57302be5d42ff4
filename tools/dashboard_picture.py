"""Makes the picture of the dashboard anew: ``python tools/dashboard_picture.py [--scale 100]``.

The simulated world is surveyed for real over loopback, the page is asked from a server of its own, and its first countries
are held against the figures of January 2025. Those are hosts with POP3, and so is the ranking that is compared. Needs
Chromium.
"""

import argparse
import json
import math
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from openletter.lab.internet.command import scope_text
from openletter.lab.internet.figures import PUBLISHED
from openletter.lab.internet.simulation import SimulatedInternet

FOLDER = Path(__file__).parent.parent / "docs" / "images"
FIRST = ("US", "DE", "PL", "JP", "NL")
Z = 1.959964
"""Of a 95 % interval."""


def openletter(*words: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", "openletter", *words], stdout=subprocess.PIPE, text=True, check=True
    ).stdout


def survey(folder: Path, scale: int) -> Path:
    """Ask every endpoint of the world; the store that it is in."""
    scope, networks, store = folder / "world.txt", folder / "networks.csv", folder / "store"
    with SimulatedInternet(scale, port_base=None, cache=folder / "lab") as internet:
        scope.write_text(scope_text(internet.world), encoding="utf-8")
        networks.write_text(
            openletter("lab", "internet", "networks", "--scale", str(scale)), encoding="utf-8"
        )
        ports = [word for name, port in internet.ports.items() for word in ("--port", f"{name}={port}")]
        openletter(
            *("survey", str(scope), *ports, "--store", str(store), "--roots", str(internet.root_pem)),
            *("--concurrency", "256", "--timeout", "8", "--fail-on", "never", "--geo", str(networks)),
        )
    return store


def compare(address: str, scale: int) -> bool:
    """Whether the page's first five are the published ones, each within sampling error. Prints both."""
    with urllib.request.urlopen(f"{address}/countries?on=pop3&format=json") as answer:
        rows: list[dict[str, Any]] = json.load(answer)
    figures = {one.country: one.exposed for one in PUBLISHED}
    right = tuple(row["country"] for row in rows[: len(FIRST)]) == FIRST
    for row in rows[: len(FIRST)]:
        figure, found = figures.get(row["country"], 0), row["wide"]
        margin = Z * math.sqrt(max(1, found))
        within = abs(found - figure / scale) <= margin
        right &= within
        print(
            f"{row['country']}  {found:>7,}  of {figure / scale:>9,.1f} ± {margin:,.0f}  {'yes' if within else 'NO'}"
        )
    return right


def picture(address: str, to: Path) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
        )
        page = browser.new_page(viewport={"width": 1280, "height": 1480}, locale="en", color_scheme="light")
        page.goto(f"{address}/?still=1")
        page.wait_for_selector("html[data-ready=true]", state="attached")
        page.screenshot(path=to)
        browser.close()


def main(arguments: Sequence[str] | None = None) -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--scale", type=int, default=100)
    options.add_argument("--to", type=Path, default=FOLDER / "dashboard.png")
    given = options.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="openletter-picture-") as folder:
        store = survey(Path(folder), given.scale)
        server = subprocess.Popen(
            [sys.executable, "-m", "openletter", "serve", "--store", str(store), "--port", "0"],
            stderr=subprocess.PIPE,
            text=True,
        )
        with server:
            try:
                assert server.stderr is not None
                address = next(word for word in server.stderr.readline().split() if word.startswith("http"))
                right = compare(address.rstrip("/"), given.scale)
                picture(address.rstrip("/"), given.to)
            finally:
                server.terminate()
    print("the first five are those published, each within sampling error" if right else "NOT as published")
    return 0 if right else 1


if __name__ == "__main__":
    raise SystemExit(main())
