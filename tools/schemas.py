"""Writes the published JSON Schemas anew; a test holds them and the code together."""

import json
from pathlib import Path
from typing import Any

from openletter.report.mail import xarf_schema
from openletter.report.record import schema
from openletter.report.webhook import payload
from openletter.web.api.openapi import document
from openletter.web.api.routes import OPERATIONS

FOLDER = Path(__file__).parent.parent / "docs" / "schema"


def text(of: dict[str, Any]) -> str:
    return json.dumps(of, indent=2, ensure_ascii=False) + "\n"


def published() -> dict[str, str]:
    """What each file holds, by its name."""
    return {
        "endpoint.json": text(schema()),
        "openapi.json": text(document(OPERATIONS)),
        "webhook.json": text(payload.schema()),
        "xarf-info-cleartext-login-0.1.0.json": text(xarf_schema.schema()),
    }


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, content in published().items():
        (FOLDER / name).write_text(content, encoding="utf-8")
