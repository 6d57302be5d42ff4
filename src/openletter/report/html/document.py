"""The whole document."""

from typing import BinaryIO

import jinja2

from openletter.report.told import Told


def write_html(told: Told, out: BinaryIO) -> None:
    """In the subscriber's language. ``out`` takes octets."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("openletter.report", "templates/html"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for piece in environment.get_template("report.html.j2").generate(told=told):
        out.write(piece.encode())
