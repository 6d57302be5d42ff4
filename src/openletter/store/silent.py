"""Who is asked again: read from the spool, shard by shard, by the rule of :mod:`openletter.store.better`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from openletter.dialogue.observation import Endpoint, Mode, Protocol, Tcp
from openletter.store.better import RULE_COLUMNS, best_of, worth_another_try
from openletter.store.files import read_table
from openletter.survey.sink import Silent

_ENDPOINT = ("ip", "port", "protocol", "mode", "host", "country")


def _best(root: Path, files: Sequence[str], columns: Sequence[str]) -> Any:
    return best_of([read_table(root / file, list(columns)) for file in files])


def silent_endpoints(root: Path, files: Sequence[str]) -> list[Silent]:
    """``files``: all of one shard below the store's root, the earliest pass first. The endpoints that were asked last
    come first. Raises StoreError."""
    columns = dict.fromkeys((*RULE_COLUMNS, *_ENDPOINT, "started"))
    table = _best(root, files, tuple(columns))
    silent = table.filter(worth_another_try(table))
    order = pc.sort_indices(silent, sort_keys=[("started", "descending")])
    rows = silent.select([*_ENDPOINT, "tcp"]).take(order).to_pylist()
    return [
        Silent(
            Endpoint(
                ip=row["ip"],
                port=row["port"],
                protocol=Protocol(row["protocol"]),
                mode=Mode(row["mode"]),
                host=row["host"],
                country=row["country"],
            ),
            # The best of all rows is this one: had any connection stood, it would be one of those.
            stood=row["tcp"] == Tcp.OPEN,
        )
        for row in rows
    ]


def count_silent(root: Path, files: Sequence[str]) -> int:
    """How many they are. Raises StoreError."""
    return int(pc.sum(worth_another_try(_best(root, files, RULE_COLUMNS))).as_py() or 0)
