"""Which report rows drafts are made of: what is vulnerable and belongs to no subscriber; or all that is vulnerable in some
networks and countries, whoever has them."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from openletter.report.line_format import one_array
from openletter.report.shadowserver.columns import SCHEMA
from openletter.report.told_rows import subscriber_rows
from openletter.store.record import SurveyRecord
from openletter.store.store import Store
from openletter.subscriber.report_type import ReportType
from openletter.subscriber.subscriber import Subscriber
from openletter.verdict.classes import Report, Severity

_NOBODY = -1
_EVERYWHERE = ("0.0.0.0/0", "::/0")
_VULNERABLE = tuple(one for one in ReportType if one.report is Report.VULNERABLE)


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing in it: what belongs to no subscriber."""

    networks: tuple[str, ...] = ()
    """CIDRs."""
    countries: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        return not self.networks and not self.countries


def unowned_rows(
    store: Store,
    records: Sequence[SurveyRecord],
    subscribers: Sequence[Subscriber],
    choice: Choice,
    *,
    day: date | None = None,
    strict: bool = False,
) -> Any:
    """A ``pyarrow.Table`` of the reports' ``SCHEMA``, sorted by address, port, name and day. ``subscribers``: all that there are,
    also those that are not told for now. Raises NoSurveyError, StoreError."""
    nobody = Subscriber(
        id=_NOBODY,
        slug="abuse",
        name="abuse",
        networks=_EVERYWHERE if choice.empty else choice.networks,
        countries=choice.countries,
        reports=_VULNERABLE,
        minimum=Severity.MEDIUM,
    )
    # A subscriber that does not want a report has the server all the same.
    owners = [
        msgspec.structs.replace(one, reports=_VULNERABLE, minimum=Severity.INFO)
        for one in (subscribers if choice.empty else ())
    ]
    found = [SCHEMA.empty_table()]
    for table in subscriber_rows(store, records, [nobody, *owners], day=day, strict=strict):
        whose = table.column("subscriber")
        rows = table.filter(pc.equal(whose, _NOBODY))
        owned = table.column("key").filter(pc.not_equal(whose, _NOBODY))
        free = pc.invert(pc.is_in(rows.column("key"), value_set=one_array(pc.unique(owned))))
        found.append(rows.filter(free).drop_columns(["subscriber"]))
    rows = pa.concat_tables(found).unify_dictionaries()
    order = [(name, "ascending") for name in ("ip_sort", "port", "host", "day")]
    return rows.take(pc.sort_indices(rows, order)).combine_chunks()
