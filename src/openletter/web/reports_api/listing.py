"""The methods about reports that were made, and about who asks: what there is, and how much of it."""

import time
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from openletter.report.report_index import ReportFile
from openletter.subscriber.report_type import ReportType
from openletter.verdict.classes import Report
from openletter.web.reports_api.asked import Asked
from openletter.web.reports_api.download_id import download_id
from openletter.web.reports_api.refusal import DOWNLOADS, address
from openletter.web.reports_api.request_body import flag, number, words

MOST_REPORTS = 10_000
_SUFFIX = ".csv"
_STRICT = f"_strict{_SUFFIX}"


def ping(_: Asked) -> dict[str, str]:
    return {"pong": datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")}


def key_info(asked: Asked) -> list[dict[str, Any]]:
    """One object, in a list, as the clients expect it."""
    whose = asked.subscriber
    key = asked.parts.directory.about_key(asked.key)
    return [
        {
            "name": whose.name,
            "report": whose.slug,
            "groups": ["reports"],
            "label": key.label if key else "",
            "created": _moment(key.created) if key else None,
            "last_used": _moment(key.last_used) if key and key.last_used else None,
            "requests_per_minute": asked.parts.requests_per_minute,
            "severity": str(whose.minimum),
            "filters": {
                "cidr": whose.networks,
                "asn": whose.asns,
                "geo": whose.countries,
                "domain": whose.domains,
            },
        }
    ]


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def subscribed(asked: Asked) -> list[str]:
    return [asked.subscriber.slug]


def types(asked: Asked) -> list[str] | list[dict[str, str]]:
    """Those that the subscriber gets; with ``date``, those that were made for these days."""
    kinds: Iterable[ReportType] = asked.subscriber.reports
    days = asked.days()
    if days is not None:
        made = {file.type for file in _made(asked, days.first, days.last)}
        kinds = [kind for kind in ReportType if kind in made]
    if not flag(asked.fields, "detail"):
        return [str(kind) for kind in kinds]
    return [{"type": str(kind), "name": title(kind), "description": _description(kind)} for kind in kinds]


def title(kind: ReportType) -> str:
    """As the Foundation calls the report."""
    six = "IPv6-" if kind.family == 6 else ""
    what = "Vulnerable" if kind.report is Report.VULNERABLE else "Accessible"
    return f"{six}{what}-{kind.protocol.upper()}"


def _description(kind: ReportType) -> str:
    protocol = kind.protocol.upper()
    if kind.report is Report.VULNERABLE:
        return f"{protocol} servers (IPv{kind.family}) to which a password can go in the clear, or that let anybody in"
    return f"{protocol} servers (IPv{kind.family}) that answer, and have no such fault"


def reports(asked: Asked) -> list[dict[str, str]]:
    """``reports/list``: the latest day first."""
    days = asked.days()
    most = number(asked.fields, "limit", MOST_REPORTS, MOST_REPORTS)
    store = asked.parts.index.path.parent
    now = time.time()
    found: list[dict[str, str]] = []
    for file in _made(asked, days.first if days else None, days.last if days else None):
        if len(found) == most:
            break
        if not file.path(store).is_file():
            continue
        number_ = download_id(asked.parts.secret, file.id, now)
        found.append(
            {
                "id": number_,
                "file": Path(file.file).name,
                "report": asked.subscriber.slug,
                "type": str(file.type),
                "timestamp": file.date.isoformat(),
                "url": address(asked.request, f"{DOWNLOADS}/{number_}"),
            }
        )
    return found


def _made(asked: Asked, first: date | None, last: date | None) -> list[ReportFile]:
    """The CSV files of the subscriber that fit the fields ``reports`` (or ``report``) and ``type``."""
    if not _own_list(asked):
        return []
    kinds = words(asked.fields, "type")
    wanted = None if kinds is None else {kind for kind in ReportType if kind in kinds}
    made = asked.parts.index.list(asked.subscriber.id, first=first, last=last, types=wanted)
    return [file for file in made if file.file.endswith(_SUFFIX)]


def _own_list(asked: Asked) -> bool:
    """Whether the lists that are asked for are the subscriber's: it has one, called by its slug."""
    named = (words(asked.fields, "reports"), words(asked.fields, "report"))
    return all(names is None or asked.subscriber.slug.lower() in names for names in named)


def stats(asked: Asked) -> list[tuple[str, str, str]]:
    """Rows of each day and type of the reports that were made: day, type and number, as texts."""
    days = asked.days()
    rows: Counter[tuple[str, str]] = Counter()
    for file in _made(asked, days.first if days else None, days.last if days else None):
        if not file.file.endswith(_STRICT):
            rows[file.date.isoformat(), str(file.type)] += file.rows
    return [(day, kind, str(count)) for (day, kind), count in sorted(rows.items())]
