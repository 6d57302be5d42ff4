"""How many endpoints a filter fits, as far as the roll-ups have counted that: no file of endpoints is opened."""

import msgspec

from openletter.enrich.product import Product
from openletter.statistics.database import Verdicts
from openletter.statistics.endpoint_filter import EndpointFilter
from openletter.statistics.where import of_country


class _Number(msgspec.Struct, frozen=True):
    value: int


_CUTS = {
    "endpoints": {"country", "protocol", "class", "evidence", "strict", "wide"},
    "products": {"country", "protocol", "class", "strict", "wide", "product"},
    "findings": {"country", "protocol", "finding"},
}
"""Which conditions each roll-up can answer. Not the severity of a filter: that is the worst of class and findings."""


class AtMost(msgspec.Struct, frozen=True):
    count: int
    exact: bool
    """Whether it is exactly so many."""


def at_most(verdicts: Verdicts, fitting: EndpointFilter) -> AtMost:
    """What the roll-ups say of as many of the filter's conditions as each of them knows."""
    values = {
        field.encode_name: value
        for field in msgspec.structs.fields(fitting)
        if (value := getattr(fitting, field.name)) not in (None, "")
    }
    least = None
    for table, known in _CUTS.items():
        if table != "endpoints" and (not verdicts.enriched or table.removesuffix("s") not in values):
            continue
        if table == "products" and values["product"] == Product.UNKNOWN:
            # These have what did not answer among them, which that table has not.
            continue
        cut = {column: value for column, value in values.items() if column in known}
        count = _sum(verdicts, table, cut)
        if len(cut) == len(values):
            return AtMost(count, True)
        least = count if least is None else min(least, count)
    assert least is not None
    return AtMost(least, least == 0)


def _sum(verdicts: Verdicts, table: str, values: dict[str, object]) -> int:
    conditions, parameters = ["true"], []
    for column, value in values.items():
        if column == "country":
            sql, wanted = of_country(str(value))
            conditions.append(sql)
            parameters += wanted
        else:
            conditions.append(f'"{column}" = ?')
            parameters.append(str(value) if isinstance(value, str) else value)
    sql = f"SELECT coalesce(sum(n), 0)::BIGINT FROM {table} WHERE {' AND '.join(conditions)}"  # noqa: S608 - our own words
    return verdicts.ask(sql, _Number, parameters)[0].value
