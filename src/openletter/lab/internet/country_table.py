"""The table of countries that a survey of the world must end in, from the quotas alone."""

from collections.abc import Iterable
from dataclasses import dataclass

from openletter.lab.internet.population import World


@dataclass(frozen=True, slots=True)
class CountryRow:
    """One country, counts of hosts. A host is exposed on a protocol where its cleartext port is in the wide set; it
    has no TLS where that port's class is ``no_tls``."""

    country: str
    """ISO 3166-1 alpha-2."""
    hosts: int
    """Addresses with at least one of the four ports open."""
    on_110: int
    on_143: int
    on_993: int
    on_995: int
    pop3_wide: int
    pop3_strict: int
    imap_wide: int
    imap_strict: int
    both_wide: int
    either_wide: int
    published: bool
    """Whether ``pop3_wide`` is Shadowserver's figure divided by the scale, or this country's part of what is left."""


def country_table(world: World) -> list[CountryRow]:
    """Every country, in the order of exposed POP3 hosts, most first."""
    rows = []
    for each in (stretch.quota for stretch in world.stretches):
        exposed = each.pop3.exposed
        rows.append(
            CountryRow(
                country=each.country,
                hosts=each.hosts,
                on_110=each.pop3.cleartext,
                on_143=each.imap.cleartext,
                on_993=each.imap.implicit,
                on_995=each.pop3.implicit,
                pop3_wide=exposed,
                pop3_strict=each.pop3.strict,
                imap_wide=each.imap.exposed,
                imap_strict=each.imap.strict,
                both_wide=exposed - each.apart,
                either_wide=exposed + each.apart,
                published=each.published,
            )
        )
    return sorted(rows, key=lambda row: -row.pop3_wide)


def formatted(rows: Iterable[CountryRow]) -> str:
    """The table as text, one line a country, with a line of sums."""
    rows = list(rows)
    head = f"{'':7}{'hosts':>10}{'110':>10}{'143':>10}{'993':>10}{'995':>10}"
    head += f"{'POP3 wide':>11}{'strict':>8}{'IMAP wide':>11}{'strict':>8}"
    lines = [head]
    columns = [
        (
            row.hosts,
            row.on_110,
            row.on_143,
            row.on_993,
            row.on_995,
            row.pop3_wide,
            row.pop3_strict,
            row.imap_wide,
            row.imap_strict,
        )
        for row in rows
    ]
    sums = tuple(map(sum, zip(*columns, strict=True)))
    for name, counts in zip([*(row.country for row in rows), "world"], [*columns, sums], strict=True):
        ports = "".join(f"{count:>10,}" for count in counts[:5])
        exposed = f"{counts[5]:>11,}{counts[6]:>8,}{counts[7]:>11,}{counts[8]:>8,}"
        lines.append(f"{name:7}{ports}{exposed}")
    return "\n".join(lines)
