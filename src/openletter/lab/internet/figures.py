"""How many POP3 and IMAP hosts each country has, and how many of them are exposed.

Hosts per port: Rapid7, National / Industry / Cloud Exposure Report (NICER) 2020. Exposed hosts: The Shadowserver
Foundation, January 2025, POP3; it counts about as many IMAP hosts, mostly the same ones.
"""

from dataclasses import dataclass
from functools import cache
from operator import attrgetter

PORTS = (110, 143, 993, 995)


@dataclass(frozen=True, slots=True)
class Figures:
    """One country at scale 1. Counts are of hosts."""

    country: str
    """ISO 3166-1 alpha-2."""
    on_143: int
    on_993: int
    on_110: int
    on_995: int
    exposed: int
    """Hosts whose cleartext POP3 port takes a password in the clear; as many on IMAP."""
    published: bool = True
    """Whether Shadowserver published ``exposed``; otherwise it is this country's part of what is left."""


EXPOSED_WORLD = 3_300_000
EXPOSED_BOUND = 140_000
"""A country without a published figure has fewer: the Netherlands, with 143,000, were fifth."""
WORLD = Figures("", 4_045_472, 3_848_675, 4_331_314, 3_714_171, EXPOSED_WORLD)
PUBLISHED = (
    Figures("US", 1_402_707, 1_376_546, 1_427_119, 1_347_756, 900_000),
    Figures("DE", 386_092, 376_780, 367_597, 336_128, 523_000),
    Figures("JP", 310_159, 279_196, 396_123, 309_619, 301_800),
    Figures("PL", 286_820, 278_183, 286_957, 272_185, 381_800),
    Figures("FR", 251_024, 238_042, 244_940, 221_815, 0, published=False),
    Figures("CA", 149_171, 145_738, 150_229, 139_814, 0, published=False),
    Figures("GB", 142_433, 134_132, 141_653, 122_933, 0, published=False),
    Figures("NL", 138_202, 134_078, 138_549, 130_015, 143_000),
    Figures("RU", 116_758, 108_308, 119_790, 102_058, 0, published=False),
    Figures("TR", 65_526, 55_545, 69_857, 54_418, 0, published=False),
)
REST_SHARES = {
    "IT": 64, "BR": 62, "ES": 60, "AU": 56, "IN": 54, "CN": 53, "CZ": 48, "CH": 46, "UA": 45, "ZA": 43,
    "SE": 39, "KR": 36, "TW": 35, "ID": 34, "AR": 31, "VN": 30, "DK": 29, "AT": 28, "BE": 27, "RO": 26,
    "HU": 25, "MX": 23, "TH": 21, "SG": 20, "FI": 19, "GR": 18, "IR": 15, "CL": 13,
}  # fmt: skip
"""Parts in a thousand of the hosts outside the ten countries above. An assumption of this simulation: no source gives
them; each stays below Turkey, the tenth, on every port."""
HEADROOM = (20, 19)
"""Where the exposed exceed NICER's hosts, the hosts are raised to this many for that many exposed: one in twenty is
then not exposed."""


def apportion(total: int, shares: list[int]) -> list[int]:
    """``total`` split in proportion to ``shares`` into whole numbers that add up to it (largest remainder)."""
    whole = sum(shares)
    parts = [total * share // whole for share in shares]
    by_remainder = sorted(range(len(shares)), key=lambda i: (-(total * shares[i] % whole), i))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts


def _rest_of_the_world() -> list[Figures]:
    shares = list(REST_SHARES.values())
    per_port = [
        apportion(port(WORLD) - sum(port(row) for row in PUBLISHED), shares)
        for port in map(attrgetter, ("on_143", "on_993", "on_110", "on_995"))
    ]
    return [
        Figures(country, on_143, on_993, on_110, on_995, 0, published=False)
        for country, on_143, on_993, on_110, on_995 in zip(REST_SHARES, *per_port, strict=True)
    ]


def _exposed_of_the_unpublished(rows: list[Figures], total: int) -> dict[str, int]:
    """``total`` over ``rows`` in proportion to their hosts on 110, each below ``EXPOSED_BOUND``."""
    given: dict[str, int] = {}
    open_rows = rows
    while True:
        parts = apportion(total - sum(given.values()), [row.on_110 for row in open_rows])
        full = [row for row, part in zip(open_rows, parts, strict=True) if part >= EXPOSED_BOUND]
        if not full:
            return given | {row.country: part for row, part in zip(open_rows, parts, strict=True)}
        given |= {row.country: EXPOSED_BOUND - 1 for row in full}
        open_rows = [row for row in open_rows if row not in full]


def _raised(row: Figures, exposed: int) -> Figures:
    """The country with its exposed hosts, and enough hosts on every port to hold them."""
    fewest = min(row.on_110, row.on_143)
    over, under = (exposed * HEADROOM[0], fewest * HEADROOM[1]) if exposed > fewest else (1, 1)

    def raised(count: int) -> int:
        return -(-count * over // under)

    return Figures(
        row.country,
        raised(row.on_143),
        raised(row.on_993),
        raised(row.on_110),
        raised(row.on_995),
        exposed,
        published=row.published,
    )


@cache
def countries() -> tuple[Figures, ...]:
    """Every country of the world at scale 1, the exposed counts filled in and the hosts raised to hold them."""
    rows = [*PUBLISHED, *_rest_of_the_world()]
    known = sum(row.exposed for row in rows)
    rest = _exposed_of_the_unpublished([row for row in rows if not row.published], EXPOSED_WORLD - known)
    return tuple(_raised(row, row.exposed if row.published else rest[row.country]) for row in rows)
