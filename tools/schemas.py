"""Writes the published JSON Schemas anew; a test holds them and the code together."""

import json
from pathlib import Path

from openletter.report.record import schema

FOLDER = Path(__file__).parent.parent / "docs" / "schema"


def text() -> str:
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "endpoint.json").write_text(text(), encoding="utf-8")
