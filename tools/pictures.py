"""Makes the pictures of the README anew, from what the commands print: ``python tools/pictures.py``."""

import os
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI
from rich.text import Text

from openletter.lab.internet.simulation import SimulatedInternet

FOLDER = Path(__file__).parent.parent / "docs" / "images"
COLUMNS = 96
_FONT_FACE = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


def output(*words: str) -> str:
    environment = {**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(COLUMNS), "TERM": "xterm-256color"}
    ran = subprocess.run(
        [sys.executable, "-m", "openletter", *words], env=environment, capture_output=True, text=True
    )
    if ran.returncode not in (0, 1):
        raise SystemExit(ran.stderr)
    return ran.stdout


def save(name: str, title: str, text: str) -> None:
    with Path(os.devnull).open("w") as nowhere:
        console = Console(
            record=True, width=COLUMNS, file=nowhere, force_terminal=True, color_system="truecolor"
        )
        console.print(Text.from_ansi(text.rstrip("\n")))
        svg = console.export_svg(title=title, theme=DIMMED_MONOKAI)
    # The fonts would be fetched from elsewhere; the reader's own will do.
    svg = _FONT_FACE.sub("", svg).replace("Fira Code", "DejaVu Sans Mono")
    (FOLDER / name).write_text("\n".join(line.rstrip() for line in svg.splitlines()) + "\n", encoding="utf-8")


def main() -> None:
    demo = output("lab", "demo")
    save("demo.svg", "make demo", demo[demo.index("Mail hosts without") :])
    with SimulatedInternet(1000, 1, port_base=None) as internet:
        ip = next(
            t.ip
            for t in internet.world.truths()
            if t.port == 143 and t.manner == "imap:dovecot-optional" and t.findings == ()
        )
        ports = [word for name, port in internet.ports.items() for word in ("--port", f"{name}={port}")]
        save(
            "check.svg",
            f"openletter check {ip}",
            output("check", *ports, "--roots", str(internet.root_pem), ip),
        )


if __name__ == "__main__":
    main()
