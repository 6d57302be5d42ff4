"""All names that a certificate was made for, where they lie in a domain that somebody asked for. One of them stands in the
endpoint tables; a host whose address has a name in DNS has none there, and is its owner's all the same."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import islice
from typing import Any

import pyarrow as pa

from openletter.enrich.host_name import host_name
from openletter.tls.certificate import CertificateFacts, facts

MOST_NAMES = 1_000
"""Of a certificate; more are not looked at."""


def names_of(der: bytes) -> tuple[str, ...]:
    """Each once; of ``*.example.org`` that is ``example.org``."""
    read = facts(der)
    if not isinstance(read, CertificateFacts):
        return ()
    said = (read.subject.common_name, *islice(read.dns_names, MOST_NAMES))
    return tuple(dict.fromkeys(name for text in said if (name := host_name(text.removeprefix("*.")))))


def leaf_names(ders: Mapping[str, bytes], domains: AbstractSet[str]) -> Any:
    """Of certificates by SHA-256 a ``pyarrow.Table`` of ``certificate`` and ``name``, for
    :func:`openletter.subscriber.matching.match`: the names that lie in one of the domains."""
    found = [
        (digest, name)
        for digest, der in ders.items()
        for name in names_of(der)
        if not domains.isdisjoint(_above(name.split(".")))
    ]
    return pa.table(
        {
            "certificate": pa.array([digest for digest, _ in found], pa.string()),
            "name": pa.array([name for _, name in found], pa.string()),
        }
    )


def _above(labels: Sequence[str]) -> Iterable[str]:
    return (".".join(labels[place:]) for place in range(len(labels)))
