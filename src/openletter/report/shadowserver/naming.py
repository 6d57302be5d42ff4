"""Names of report files: ``2026-11-24-scan_imap_vulnerable-example-cidr.csv``. Every part is ``\\w+``, as readers expect."""

import re
from datetime import date

from openletter.subscriber.report_type import ReportType
from openletter.subscriber.subscriber import Subscriber

_NAME = re.compile(
    r"(\d{4}-\d{2}-\d{2})-(\w+)-([A-Za-z0-9_]{1,64})-(cidr|asn|geo|domain|all)(_strict)?\.(\w+)", re.ASCII
)


def filter_of(subscriber: Subscriber, *, strict: bool = False) -> str:
    """By what the rows were chosen: ``cidr``, ``asn``, ``geo`` or ``domain`` where that is the subscriber's only kind of
    interest, else ``all``; with ``_strict`` behind it where the vulnerable reports hold the strict count alone."""
    kinds = {
        "cidr": subscriber.networks,
        "asn": subscriber.asns,
        "geo": subscriber.countries,
        "domain": subscriber.domains,
    }
    there = [kind for kind, given in kinds.items() if given]
    return (there[0] if len(there) == 1 else "all") + ("_strict" if strict else "")


def file_name(day: date, kind: ReportType, slug: str, filter_: str, suffix: str = "csv") -> str:
    return f"{day.isoformat()}-{kind}-{slug}-{filter_}.{suffix}"


def is_report(name: str) -> bool:
    """Whether a file bears such a name."""
    found = _NAME.fullmatch(name)
    return found is not None and found[2] in list(ReportType)
