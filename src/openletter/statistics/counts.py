"""The numbers of every question, and how each is counted (VERDICTS §3).

Of endpoints:

- *probed*: all that were asked. *answered*: those that are not ``unreachable``.
- *unknown*: answered, and what it exposes is not known. Never affected, always shown.
- *strict*: no TLS to be had. *wide*: a password can cross in the clear; strict is part of it.

Of hosts, an address counts once: probed or answered where one of its endpoints is; strict or wide where one of them
is; unknown where none is wide and one of them is unknown. For a protocol only its endpoints are looked at. *both* are
hosts that are affected on POP3 and on IMAP, *either* those affected on at least one.
"""

import msgspec


class Counts(msgspec.Struct, frozen=True):
    probed: int
    answered: int
    unknown: int
    strict: int
    wide: int


class Affected(msgspec.Struct, frozen=True):
    strict: int
    wide: int


PROTOCOLS = ("pop3", "imap")


def _host_columns() -> str:
    columns = ["ip_sort", "any_value(country) AS country"]
    for protocol in PROTOCOLS:
        only = f"FILTER (WHERE protocol = '{protocol}')"
        columns += [
            f"count(*) {only} > 0 AS {protocol}_probed",
            f"coalesce(bool_or(class <> 'unreachable') {only}, false) AS {protocol}_answered",
            f"coalesce(bool_or(unknown) {only}, false) AND NOT coalesce(bool_or(wide) {only}, false) AS {protocol}_unknown",
            f"coalesce(bool_or(strict) {only}, false) AS {protocol}_strict",
            f"coalesce(bool_or(wide) {only}, false) AS {protocol}_wide",
        ]
    return ", ".join(columns)


HOST_COLUMNS = _host_columns()
"""SQL: the columns of ``host``, of ``verdict`` grouped by address."""


def endpoints(where: str = "true") -> str:
    """SQL: the five of ``Counts`` over ``verdict``."""
    only = f"FILTER (WHERE {where}"
    return (
        f"count(*) {only}), count(*) {only} AND class <> 'unreachable'), count(*) {only} AND unknown), "
        f"count(*) {only} AND strict), count(*) {only} AND wide)"
    )


def hosts(protocol: str) -> str:
    """SQL: the five of ``Counts`` over ``host``, for one protocol."""
    return ", ".join(
        f"count(*) FILTER (WHERE {protocol}_{what})"
        for what in ("probed", "answered", "unknown", "strict", "wide")
    )


def hosts_either() -> str:
    """SQL: the five of ``Counts`` over ``host``, whatever the protocol."""
    wide = "(pop3_wide OR imap_wide)"
    return (
        "count(*), count(*) FILTER (WHERE pop3_answered OR imap_answered), "
        f"count(*) FILTER (WHERE (pop3_unknown OR imap_unknown) AND NOT {wide}), "
        f"count(*) FILTER (WHERE pop3_strict OR imap_strict), count(*) FILTER (WHERE {wide})"
    )


def hosts_both() -> str:
    """SQL: the two of ``Affected`` over ``host``: affected on both protocols."""
    return ", ".join(f"count(*) FILTER (WHERE pop3_{what} AND imap_{what})" for what in ("strict", "wide"))
