"""How many endpoints are of each class."""

import msgspec

from openletter.statistics.database import Verdicts
from openletter.statistics.where import of_country


class ClassCount(msgspec.Struct, frozen=True):
    class_: str = msgspec.field(name="class")
    pop3: int
    imap: int
    endpoints: int
    strict: bool
    wide: bool


def by_class(verdicts: Verdicts, *, country: str | None = None) -> tuple[ClassCount, ...]:
    """The most first. Also ``unreachable``, which did not answer."""
    where, parameters = of_country(country)
    sql = f"""
SELECT class, coalesce(sum(n) FILTER (WHERE protocol = 'pop3'), 0)::BIGINT,
       coalesce(sum(n) FILTER (WHERE protocol = 'imap'), 0)::BIGINT, sum(n)::BIGINT AS many, bool_or(strict), bool_or(wide)
FROM endpoints WHERE {where} GROUP BY class ORDER BY many DESC, class
"""  # noqa: S608 - our own words
    return verdicts.ask(sql, ClassCount, parameters)
