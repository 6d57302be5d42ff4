"""Which mail servers answered, and what they expose. Of an enriched survey."""

import msgspec

from openletter.statistics.database import Verdicts
from openletter.statistics.interval import AffectedIntervals
from openletter.statistics.where import of_country


class ProductClass(msgspec.Struct, frozen=True):
    class_: str = msgspec.field(name="class")
    endpoints: int


class ProductCounts(msgspec.Struct, frozen=True, kw_only=True):
    product: str
    """As :class:`openletter.enrich.product.Product` has it; empty where it was not recognised."""
    endpoints: int
    """That answered."""
    pop3: int
    imap: int
    strict: int
    wide: int
    classes: tuple[ProductClass, ...]
    """The most first."""
    intervals: AffectedIntervals | None = None
    """Of ``strict`` and ``wide`` out of ``endpoints``; only of a sampled survey."""


class _Row(msgspec.Struct, frozen=True):
    product: str
    endpoints: int
    pop3: int
    imap: int
    strict: int
    wide: int
    classes: list[str]
    counts: list[int]


def by_product(verdicts: Verdicts, *, country: str | None = None) -> tuple[ProductCounts, ...]:
    """The most affected first. Raises NotEnrichedError."""
    verdicts.need("products")
    where, parameters = of_country(country)
    sql = f"""
SELECT product, sum(n)::BIGINT, sum(pop3)::BIGINT, sum(n - pop3)::BIGINT, sum(strict)::BIGINT, sum(wide)::BIGINT,
       list(class ORDER BY n DESC, class), list(n ORDER BY n DESC, class)
FROM (
  SELECT product, class, sum(n)::BIGINT AS n, coalesce(sum(n) FILTER (WHERE protocol = 'pop3'), 0)::BIGINT AS pop3,
         coalesce(sum(n) FILTER (WHERE strict), 0)::BIGINT AS strict, coalesce(sum(n) FILTER (WHERE wide), 0)::BIGINT AS wide
  FROM products WHERE class <> 'unreachable' AND {where} GROUP BY product, class
) GROUP BY product ORDER BY sum(wide) DESC, sum(n) DESC, product
"""  # noqa: S608 - our own words
    a_host = verdicts.a_host() if verdicts.sampled else 1.0
    return tuple(
        ProductCounts(
            product=row.product,
            endpoints=row.endpoints,
            pop3=row.pop3,
            imap=row.imap,
            strict=row.strict,
            wide=row.wide,
            classes=tuple(map(ProductClass, row.classes, row.counts)),
            intervals=verdicts.intervals(row.strict, row.wide, row.endpoints, a_host=a_host),
        )
        for row in verdicts.ask(sql, _Row, parameters)
    )
