"""Which of the eight reports a row belongs to, column by column. The types themselves are what a subscriber chooses among."""

from itertools import product
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from openletter.dialogue.observation import Protocol
from openletter.report.shadowserver.columns import WORDS
from openletter.subscriber.report_type import ReportType as ReportType
from openletter.subscriber.report_type import type_of as type_of
from openletter.verdict.classes import Report

_MAPPED = b"\0" * 10 + b"\xff\xff"
"""How ``ip_sort`` of an IPv4 address begins."""


def types_of(report: Any, protocol: Any, ip_sort: Any) -> Any:
    """The type of each row, null where it belongs to none: an array of words. From the verdict's ``report`` and the
    ``protocol``, arrays of words, and ``ip_sort``."""
    kinds = list(product(Report, Protocol, (4, 6)))
    words = pa.array([type_of(*kind) for kind in kinds], pa.string()).dictionary_encode()
    six = pc.invert(pc.starts_with(ip_sort.cast(pa.binary()), _MAPPED))
    place = _places(report, [str(one) for one in Report])
    place = pc.add(pc.multiply(place, len(Protocol)), _places(protocol, [str(one) for one in Protocol]))
    place = pc.add(pc.multiply(place, 2), six.cast(pa.int64()))
    return words.take(place).cast(WORDS)


def _places(column: Any, members: list[str]) -> Any:
    words = column.cast(pa.string())
    return pc.index_in(words, value_set=pa.array(members)).cast(pa.int64())
