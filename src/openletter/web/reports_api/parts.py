"""The parts of the server that the methods answer from."""

import msgspec

from openletter.report.report_index import ReportIndex
from openletter.subscriber.directory import Directory
from openletter.web.audit import AuditLog
from openletter.web.reports_api.own_rows import OwnRowsFiles
from openletter.web.reports_api.row_query import RowQueries
from openletter.web.secret import Secret
from openletter.web.settings import WebSettings
from openletter.web.snapshot import Snapshots


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    directory: Directory
    index: ReportIndex
    snapshots: Snapshots
    """Another closes them."""
    secret: Secret
    audit: AuditLog
    rows: OwnRowsFiles
    queries: RowQueries
    requests_per_minute: int

    def close(self) -> None:
        """After the last question."""
        self.rows.close()
        self.queries.close()
        self.directory.close()


def open_parts(settings: WebSettings, snapshots: Snapshots, secret: Secret, audit: AuditLog) -> Parts:
    """Of a store, which need not be there yet; nothing is opened before it is asked."""
    return Parts(
        directory=Directory(settings.store),
        index=ReportIndex(settings.store),
        snapshots=snapshots,
        secret=secret,
        audit=audit,
        rows=OwnRowsFiles(),
        queries=RowQueries(),
        requests_per_minute=settings.requests_per_minute,
    )
