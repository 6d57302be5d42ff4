"""Reading a report: ``GET /dl/<id>`` as the file that it is, ``reports/download`` as a list of its rows.

Both are sent while they are read, however long the report is.
"""

import csv
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse

from openletter.report.report_index import ReportFile
from openletter.web.audit import Event
from openletter.web.reports_api.asked import Asked, note
from openletter.web.reports_api.download_id import read_download_id
from openletter.web.reports_api.parts import Parts
from openletter.web.reports_api.refusal import BadRequestError, RefusedError
from openletter.web.reports_api.request_body import number, text

_MOST_ROWS = 1_000_000_000
_PIECE = 500
"""Rows that are put into JSON at once."""


def _find(parts: Parts, given: str) -> tuple[ReportFile, str]:
    """A report by the id that a list has told, and who it is for. Raises RefusedError, StoreError."""
    report_id = read_download_id(parts.secret, given, time.time())
    file = parts.index.find(report_id) if report_id is not None else None
    whose = parts.directory.find(file.subscriber_id) if file is not None else None
    if file is None or whose is None or not whose.active:
        raise RefusedError
    return file, whose.slug


async def by_link(parts: Parts, request: Request, given: str) -> Response:
    """The id is what shows that one may: the clients send nothing else. Raises RefusedError, BadRequestError, StoreError."""
    file, whose = await run_in_threadpool(_find, parts, given)
    path = _there(parts, file)
    note(parts, Event.REPORT_DOWNLOADED, request, subscriber=whose, file=file.file)
    return FileResponse(
        path,
        media_type="text/csv; charset=utf-8",
        filename=path.name,
        headers={"Cache-Control": "private, no-store"},
    )


async def as_rows(asked: Asked) -> Response:
    """Each row an object of the columns, the cells as they are in the file. Raises as above."""
    most = number(asked.fields, "limit", _MOST_ROWS, _MOST_ROWS)
    file, whose = await run_in_threadpool(_find, asked.parts, text(asked.fields, "id"))
    if file.subscriber_id != asked.subscriber.id:
        raise RefusedError
    # Opened before the first octet of the answer, so that a failure can still be told.
    opened = await run_in_threadpool(_there(asked.parts, file).open, encoding="utf-8", newline="")
    note(asked.parts, Event.REPORT_DOWNLOADED, asked.request, subscriber=whose, file=file.file)
    return StreamingResponse(_rows(opened, most), media_type="application/json")


def _there(parts: Parts, file: ReportFile) -> Path:
    path = file.path(parts.index.path.parent)
    if not path.is_file():
        raise BadRequestError("This report is not there any more; ask for the list again.", 404)
    return path


def _rows(opened: TextIO, most: int) -> Iterator[bytes]:
    with opened:
        piece: list[bytes] = []
        before = b"["
        for number_, row in enumerate(csv.DictReader(opened)):
            if number_ == most:
                break
            piece.append(msgspec.json.encode(row))
            if len(piece) == _PIECE:
                yield before + b",".join(piece)
                before, piece = b",", []
        yield (before + b",".join(piece) if piece or before == b"[" else b"") + b"]"
