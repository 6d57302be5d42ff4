"""The numbers of every question, and how each is counted (VERDICTS §3).

Of endpoints:

- *probed*: all that were asked. *answered*: those that are not ``unreachable``.
- *unknown*: answered, and what it exposes is not known. Never affected, always shown.
- *strict*: no TLS to be had. *wide*: a password can cross in the clear; strict is part of it.

Of hosts, an address counts once: probed or answered where one of its endpoints is; strict or wide where one of them
is; unknown where none is wide and one of them is unknown. For a protocol only its endpoints are looked at. *both* are
hosts that are affected on POP3 and on IMAP, *either* those affected on at least one.

Of a sampled survey each count carries the intervals of its two shares; of a whole one there is nothing to guess.
"""

from collections.abc import Sequence

import msgspec

from openletter.statistics.interval import AffectedIntervals, of_endpoints


class Counts(msgspec.Struct, frozen=True, omit_defaults=True):
    probed: int
    answered: int
    unknown: int
    strict: int
    wide: int
    intervals: AffectedIntervals | None = None
    """Of ``strict`` and ``wide`` out of ``answered``; only of a sampled survey."""


class Affected(msgspec.Struct, frozen=True):
    strict: int
    wide: int


def counted(numbers: Sequence[int], *, sampled: bool, a_host: float = 1.0) -> Counts:
    """The five numbers of ``Counts``, with their intervals where they are of a sample.

    ``a_host``: how many of what is counted a host has, 1 where hosts are counted.
    """
    probed, answered, unknown, strict, wide = numbers
    intervals = affected_intervals(strict, wide, answered, a_host) if sampled else None
    return Counts(probed, answered, unknown, strict, wide, intervals)


def affected_intervals(strict: int, wide: int, answered: int, a_host: float = 1.0) -> AffectedIntervals:
    return AffectedIntervals(of_endpoints(strict, answered, a_host), of_endpoints(wide, answered, a_host))


def endpoints(where: str = "true") -> str:
    """SQL: the five of ``Counts`` over ``endpoints``."""
    return ", ".join(
        f"{_sum(f'{where} AND {what}')}"
        for what in ("true", "class <> 'unreachable'", "unknown", "strict", "wide")
    )


def hosts(protocol: str) -> str:
    """SQL: the five of ``Counts`` over ``hosts``, for one protocol."""
    return ", ".join(
        _sum(f"{protocol}_{what}") for what in ("probed", "answered", "unknown", "strict", "wide")
    )


def hosts_either() -> str:
    """SQL: the five of ``Counts`` over ``hosts``, whatever the protocol."""
    wide = "(pop3_wide OR imap_wide)"
    return ", ".join(
        map(
            _sum,
            (
                "true",
                "pop3_answered OR imap_answered",
                f"(pop3_unknown OR imap_unknown) AND NOT {wide}",
                "pop3_strict OR imap_strict",
                wide,
            ),
        )
    )


def hosts_both() -> str:
    """SQL: the two of ``Affected`` over ``hosts``: affected on both protocols."""
    return ", ".join(_sum(f"pop3_{what} AND imap_{what}") for what in ("strict", "wide"))


def _sum(where: str) -> str:
    return f"coalesce(sum(n) FILTER (WHERE {where}), 0)::BIGINT"
