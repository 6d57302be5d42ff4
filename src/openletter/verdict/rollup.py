"""Roll-ups: the counts of a survey, small enough that no question about all of it has to read its verdicts.

endpoints.parquet   a row for each country, protocol, class, severity and evidence, with how many endpoints
hosts.parquet       a row for each country and each combination of what a host may be, with how many hosts
networks.parquet    a row for each /24 or /48 with an endpoint that answered, with what was found there

A host is an address. It is probed, answered, strict or wide on a protocol where one of its endpoints is; unknown where
none is wide and one of them is unknown (VERDICTS §3).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from openletter.store.database import connect, quoted
from openletter.store.file_set import FileSet, Kind, StoredFile, new_folder
from openletter.store.files import make_folder, publish_whole_table
from openletter.store.store import Store

ENDPOINTS = "endpoints.parquet"
HOSTS = "hosts.parquet"
NETWORKS = "networks.parquet"

_FLAGS = [
    f"{protocol}_{what}"
    for protocol in ("pop3", "imap")
    for what in ("probed", "answered", "unknown", "strict", "wide")
]


def _host_columns() -> str:
    columns = ["ip_sort", "any_value(country) AS country"]
    for protocol in ("pop3", "imap"):
        only = f"FILTER (WHERE protocol = '{protocol}')"
        columns += [
            f"count(*) {only} > 0 AS {protocol}_probed",
            f"coalesce(bool_or(class <> 'unreachable') {only}, false) AS {protocol}_answered",
            f"coalesce(bool_or(unknown) {only}, false) AND NOT coalesce(bool_or(wide) {only}, false) AS {protocol}_unknown",
            f"coalesce(bool_or(strict) {only}, false) AS {protocol}_strict",
            f"coalesce(bool_or(wide) {only}, false) AS {protocol}_wide",
        ]
    return ", ".join(columns)


HOST_COLUMNS = _host_columns()
"""SQL: address, country and flags of a host, of the rows of ``verdict`` grouped by ``ip_sort``."""


NETWORK_OF = (
    "CASE WHEN ip_sort[1:12] = '\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\xFF\\xFF'::BLOB "
    "THEN ip_sort[1:15] ELSE ip_sort[1:6] END"
)
"""SQL: the octets that all addresses of a /24 (fifteen of sixteen) or of a /48 (six) share."""

QUESTIONS = {
    ENDPOINTS: """
SELECT country, protocol, class, severity, evidence, unknown, strict, wide, count(*) AS n
FROM verdict GROUP BY ALL ORDER BY ALL
""",
    HOSTS: f"""
SELECT country, {", ".join(_FLAGS)}, count(*) AS n
FROM (SELECT {HOST_COLUMNS} FROM verdict GROUP BY ip_sort) GROUP BY ALL ORDER BY ALL
""",  # noqa: S608 - our own words
    NETWORKS: f"""
SELECT network, any_value(country) AS country, sum(answered)::BIGINT AS answered, sum(strict)::BIGINT AS strict,
       sum(wide)::BIGINT AS wide, count(*) FILTER (WHERE answered > 0) AS hosts,
       count(*) FILTER (WHERE strict > 0) AS hosts_strict, count(*) FILTER (WHERE wide > 0) AS hosts_wide
FROM (
  SELECT ip_sort, {NETWORK_OF} AS network, any_value(country) AS country,
         count(*) FILTER (WHERE class <> 'unreachable') AS answered, count(*) FILTER (WHERE strict) AS strict,
         count(*) FILTER (WHERE wide) AS wide
  FROM verdict GROUP BY ip_sort
) GROUP BY network HAVING sum(answered) > 0 ORDER BY network
""",  # noqa: S608 - our own words
}
"""SQL over ``verdict``, by the file that its answer is kept in."""

EMPTY = """
CREATE VIEW verdict AS SELECT ''::BLOB AS ip_sort, '' AS country, '' AS protocol, '' AS class, '' AS severity,
'' AS evidence, false AS unknown, false AS strict, false AS wide WHERE false
"""


def verdict_view(database: Any, files: Sequence[Path]) -> None:
    """Make the view ``verdict`` over files of verdicts."""
    if files:
        listed = ", ".join(map(quoted, files))
        # A view takes no parameters, so the names are quoted by hand.
        database.execute(f"CREATE VIEW verdict AS SELECT * FROM read_parquet([{listed}])")  # noqa: S608
    else:
        database.execute(EMPTY)


def write_rollups(
    store: Store, survey: str, verdicts: Sequence[Path], questions: Mapping[str, str] = QUESTIONS
) -> FileSet:
    """Write the roll-ups of some files of verdicts; they are not published yet. ``questions`` are what is counted, as
    ``QUESTIONS``. Raises StoreError."""
    folder = new_folder(Kind.ROLLUPS, survey)
    make_folder(store.root / folder)
    stored = []
    with connect(store.root) as database:
        verdict_view(database, verdicts)
        for name, sql in questions.items():
            table = database.sql(sql).to_arrow_table()
            written = publish_whole_table(store.root / folder / name, table)
            stored.append(
                StoredFile(name=name, rows=table.num_rows, octets=written.octets, sha256=written.sha256)
            )
    return FileSet(folder=folder, kind=Kind.ROLLUPS, survey=survey, files=tuple(stored))
