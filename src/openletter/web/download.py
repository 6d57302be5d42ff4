"""Endpoints as a file that is sent while it is made: no more than a piece of it is in memory, however long it is. Every
download is written down (:mod:`openletter.web.audit`)."""

from collections.abc import AsyncIterator, Generator

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from openletter.report.endpoint_file import MEDIA_TYPES, FileFormat, endpoint_file
from openletter.statistics.database import verdicts_of
from openletter.statistics.endpoint_filter import EndpointFilter
from openletter.statistics.error import NotEnrichedError
from openletter.store.error import NoSurveyError, StoreError
from openletter.store.record import SurveyRecord
from openletter.web.audit import Event
from openletter.web.snapshot import Snapshot, SnapshotGoneError


class Download(msgspec.Struct, frozen=True, kw_only=True):
    """What is wanted."""

    record: SurveyRecord
    filter: EndpointFilter
    form: FileFormat


def _pieces(snapshot: Snapshot, wanted: Download) -> Generator[bytes, None, None]:
    # Who was pruned has no endpoints; that is said before the first octet.
    snapshot.store.endpoint_files(wanted.record)
    with verdicts_of(snapshot.store, wanted.record) as verdicts:
        yield from endpoint_file(verdicts, wanted.filter, wanted.form)


async def _sent(first: bytes | None, pieces: Generator[bytes, None, None]) -> AsyncIterator[bytes]:
    try:
        piece = first
        while piece is not None:
            yield piece
            piece = await run_in_threadpool(next, pieces, None)
    finally:
        # Whoever hangs up leaves a database open otherwise.
        pieces.close()


async def download(request: Request, snapshot: Snapshot, wanted: Download) -> Response:
    """Raises BadQuestionError, NoSurveyError, NotEnrichedError, StoreError before anything is sent."""
    pieces = _pieces(snapshot, wanted)
    try:
        first = await run_in_threadpool(next, pieces, None)
    except (NoSurveyError, NotEnrichedError):
        raise
    except StoreError as error:
        if await run_in_threadpool(request.app.state.snapshots.is_past, snapshot):
            raise SnapshotGoneError(str(error)) from error
        raise
    request.app.state.audit.write(
        Event.DOWNLOADED,
        account=request.state.user or "",
        client=request.client.host if request.client else "",
        survey=wanted.record.id,
        file=f"endpoints.{wanted.form}",
        filter=msgspec.json.encode(wanted.filter).decode(),
    )
    name = f"openletter-{wanted.record.id}-endpoints.{wanted.form}"
    return StreamingResponse(
        _sent(first, pieces),
        media_type=MEDIA_TYPES[wanted.form],
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store",
        },
    )
