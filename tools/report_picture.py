"""Makes the picture of a report anew: ``python tools/report_picture.py``.

A store of the simulated world is made without a network, a subscriber of a country is told, and the head of its HTML report
is taken. Needs Chromium.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import sync_playwright

FOLDER = Path(__file__).parent.parent / "docs" / "images"
SCALE = 4_000


def openletter(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "openletter", *words], stdout=subprocess.DEVNULL, check=True)


def report(folder: Path) -> Path:
    store, to = str(folder / "store"), folder / "reports"
    openletter("lab", "store", store, "--scale", str(SCALE), "--days", "8")
    openletter(
        *("subscriber", "add", "cert_pl", "--name", "CERT of Poland", "--country", "PL"),
        *("--contact", "cert@example.pl", "--format", "html", "--store", store),
    )
    openletter("report", "--to", str(to), "--store", store, "--base-url", "https://survey.example.org")
    (found,) = to.glob("*.html")
    return found


def picture(page_of: Path, to: Path, height: int) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
        )
        page = browser.new_page(viewport={"width": 1000, "height": height}, locale="en", color_scheme="light")
        page.goto(page_of.as_uri())
        page.screenshot(path=to)
        browser.close()


def main(arguments: Sequence[str] | None = None) -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--to", type=Path, default=FOLDER / "report.png")
    options.add_argument("--height", type=int, default=1500, help="of the picture, pixels")
    given = options.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="openletter-picture-") as folder:
        picture(report(Path(folder)), given.to, given.height)


if __name__ == "__main__":
    main()
