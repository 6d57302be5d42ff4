"""On which of the two protocols a host is affected: on POP3 alone, on IMAP alone, or on both."""

import msgspec

from openletter.statistics.counts import Counts, hosts_either
from openletter.statistics.database import Verdicts
from openletter.statistics.where import of_country


class Overlapping(msgspec.Struct, frozen=True):
    """Hosts."""

    only_pop3: int
    only_imap: int
    both: int


class Overlap(msgspec.Struct, frozen=True, kw_only=True):
    strict: Overlapping
    wide: Overlapping
    hosts: Counts
    """Out of which they are counted."""


def overlap(verdicts: Verdicts, *, country: str | None = None) -> Overlap:
    where, parameters = of_country(country)

    def cut(what: str) -> Overlapping:
        parts = (
            f"pop3_{what} AND NOT imap_{what}",
            f"imap_{what} AND NOT pop3_{what}",
            f"pop3_{what} AND imap_{what}",
        )
        columns = ", ".join(f"coalesce(sum(n) FILTER (WHERE {part}), 0)::BIGINT" for part in parts)
        return verdicts.ask(f"SELECT {columns} FROM hosts WHERE {where}", Overlapping, parameters)[0]  # noqa: S608

    (five,) = verdicts.ask(f"SELECT {hosts_either()} FROM hosts WHERE {where}", Counts, parameters)  # noqa: S608
    numbers = (five.probed, five.answered, five.unknown, five.strict, five.wide)
    return Overlap(strict=cut("strict"), wide=cut("wide"), hosts=verdicts.counts(numbers))
