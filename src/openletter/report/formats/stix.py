"""What a subscriber is told as a bundle of STIX 2.1, for a MISP or an OpenCTI: a bundle a subscriber and day.

In it are the endpoints that have something to be mended; what is as it should be is in the reports. It is written object by
object, a line each, so a hundred thousand endpoints take no more memory than a few. Objects of the same thing have the same
identifier in every bundle and ``created`` never changes, so reading one twice makes no doubles, and a later one changes what the
earlier had said.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, BinaryIO

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from openletter.report.formats.kinds import CERTIFICATE
from openletter.report.formats.stix_common import (
    AUTHOR_ID,
    CREATED,
    MARKINGS,
    common_objects,
    subscriber_id,
    vulnerability_id,
)
from openletter.report.formats.stix_endpoint import Endpoint, endpoint_objects, mended, relationship
from openletter.report.formats.stix_ids import own_id
from openletter.report.formats.verdict_kind import PRODUCT, VERDICT, VerdictKind, verdict_kind
from openletter.report.line_format import one_array
from openletter.report.standing import FINDINGS, LEAST, SOUND, Standing
from openletter.report.tlp import Tlp, wanted_label
from openletter.report.told import Told
from openletter.verdict.classes import Class

_READ = (
    "timestamp",
    "ip",
    "port",
    "key",
    "hostname",
    "asn",
    "network_name",
    "banner",
    "link",
    *VERDICT,
    *PRODUCT,
    *CERTIFICATE,
)
_BATCH_ROWS = 4_096


def write_stix(told: Told, out: BinaryIO) -> None:
    """The same octets for the same ``Told`` and label (:func:`~openletter.report.tlp.wanted_label`). Raises StoreError."""
    tlp = wanted_label()
    name = f"{told.subscriber.slug}:{told.day}:{told.strict}:{','.join(one.id for one in told.surveys)}"
    out.write(f'{{"type":"bundle","id":"{own_id("bundle", name)}","objects":[\n'.encode())
    encoder = msgspec.json.Encoder()
    between = b""
    for one in _objects(told, tlp):
        out.write(between + encoder.encode(one))
        between = b",\n"
    out.write(b"\n]}\n")


def _objects(told: Told, tlp: Tlp) -> Iterator[Any]:
    faulty = told.rows.filter(_open(told.rows))
    gone = {_key(row): (row, words) for row, words in _gone(told.changes)}
    found = _found(faulty)
    marking = str(MARKINGS[tlp].id)
    faults = {*found, *(word for _, words in gone.values() for word in words)}
    yield from common_objects(told.subscriber, sorted(faults, key=_order), tlp)
    yield from _sightings(told, found, marking)
    known: set[str] = set()
    for endpoint in _endpoints(faulty):
        yield from endpoint_objects(endpoint, known, marking)
        if (key := endpoint.row["key"]) in gone:
            # Of what does not concern the subscriber any more some is still there.
            row, words = gone[key]
            gone[key] = row, [word for word in words if word not in endpoint.faults]
    over = told.surveys[-1].finished or told.surveys[-1].started
    modified = f"{datetime.fromtimestamp(int(over), UTC):%Y-%m-%dT%H:%M:%S}.000Z"
    for key, (row, words) in gone.items():
        if row["standing"] == Standing.FIXED:
            yield mended(key, row["protocol"], modified, marking)
        for word in words:
            yield relationship(key, "has", vulnerability_id(word), modified, marking, over=True)


def _open(rows: Any) -> Any:
    """Which rows have something to be mended. One that is fixed since the survey, as asking again has shown, has nothing."""
    mended = pc.equal(one_array(rows.column("standing")), Standing.FIXED.value)
    return pc.and_not(pc.is_valid(one_array(rows.column("fault"))), pc.fill_null(mended, False))


def faults_in(verdict: VerdictKind) -> tuple[str, ...]:
    """What of a verdict is to be mended."""
    classes = [] if verdict.class_ in SOUND else [str(verdict.class_)]
    return (*classes, *(str(name) for name in verdict.findings if FINDINGS[name] >= LEAST))


class _Found(msgspec.Struct):
    """A fault in a bundle."""

    endpoints: int
    first: str
    last: str


def _found(faulty: Any) -> dict[str, _Found]:
    """All faults of a bundle, on how many endpoints each is, and when these were seen."""
    columns = {name: faulty.column(name).cast(pa.string()) for name in VERDICT}
    seen = pc.strptime(one_array(faulty.column("timestamp")), format="%Y-%m-%d %H:%M:%S", unit="s")
    kinds = pa.table({**columns, "seen": seen}).group_by(list(VERDICT), use_threads=False)
    found: dict[str, _Found] = {}
    for kind in kinds.aggregate([("seen", "count"), ("seen", "min"), ("seen", "max")]).to_pylist():
        first, last = (f"{kind[f'seen_{end}']:%Y-%m-%dT%H:%M:%S}.000Z" for end in ("min", "max"))
        for fault in faults_in(verdict_kind(kind)):
            known = found.setdefault(fault, _Found(0, first, last))
            known.endpoints += kind["seen_count"]
            known.first, known.last = min(known.first, first), max(known.last, last)
    return found


def _sightings(told: Told, found: Mapping[str, _Found], marking: str) -> Iterator[dict[str, Any]]:
    """Of each fault one: on how many of the organisation's endpoints it was seen."""
    for fault in sorted(found, key=_order):
        yield {
            "type": "sighting",
            "spec_version": "2.1",
            "id": own_id("sighting", f"{subscriber_id(told.subscriber)}:{told.day}:{told.strict}:{fault}"),
            "created_by_ref": AUTHOR_ID,
            "created": CREATED,
            "modified": max(found[fault].last, CREATED),
            "sighting_of_ref": vulnerability_id(fault),
            "where_sighted_refs": [subscriber_id(told.subscriber)],
            "first_seen": found[fault].first,
            "last_seen": found[fault].last,
            "count": found[fault].endpoints,
            "summary": True,
            "object_marking_refs": [marking],
        }


def _order(fault: str) -> int:
    """Classes first, as the rules have them."""
    return [*map(str, Class), *FINDINGS].index(fault)


def _endpoints(faulty: Any) -> Iterator[Endpoint]:
    kinds: dict[tuple[Any, ...], tuple[VerdictKind, tuple[str, ...]]] = {}
    for batch in faulty.select(list(_READ)).to_batches(max_chunksize=_BATCH_ROWS):
        for row in batch.to_pylist():
            kind = tuple(row[name] for name in VERDICT)
            if kind not in kinds:
                verdict = verdict_kind(row)
                kinds[kind] = verdict, faults_in(verdict)
            verdict, faults = kinds[kind]
            seen = f"{row['timestamp'].replace(' ', 'T')}.000Z"
            yield Endpoint(row=row, verdict=verdict, faults=faults, seen=seen)


def _gone(changes: Any) -> Iterator[tuple[dict[str, Any], list[str]]]:
    """Endpoints that the subscriber was told of, with the faults that are not there any more."""
    columns = ["ip", "port", "host", "protocol", "standing", "words", "told"]
    for row in changes.select(columns).to_pylist():
        if words := [word for word in row["told"] if word not in row["words"]]:
            yield row, words


def _key(row: dict[str, Any]) -> str:
    """As the reports' ``key``."""
    place = f"[{row['ip']}]" if ":" in row["ip"] else row["ip"]
    return f"{place}:{row['port']}" + (f"/{row['host']}" if row["host"] else "")
