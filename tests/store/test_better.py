"""Which of two observations of one endpoint counts.

What a user loses when these fail: a server that answered at the second try is reported as silent, or counted twice.
"""

import pyarrow as pa
import pytest

from openletter.dialogue.observation import Greeting, Handshake, HandshakeOutcome, Mode, Tcp
from openletter.store.better import best_of, worth_another_try
from openletter.store.observation_table import from_table, to_batch

TIMEOUT = Handshake(outcome=HandshakeOutcome.TIMEOUT)
DONE = Handshake(outcome=HandshakeOutcome.OK)

# From the worst to the best; those in one line are equally good.
LADDER = [
    [{"tcp": Tcp.TIMEOUT}, {"tcp": Tcp.RESET}, {"tcp": Tcp.REFUSED}, {"tcp": Tcp.UNREACHABLE}],
    [
        {"greeting": Greeting.SILENT},
        {"greeting": Greeting.CLOSED},
        {"mode": Mode.IMPLICIT, "handshake": TIMEOUT},
    ],
    [
        {"greeting": Greeting.OK},
        {"greeting": Greeting.OTHER},
        {"greeting": Greeting.OK, "handshake": TIMEOUT},
        {"mode": Mode.IMPLICIT, "handshake": DONE, "greeting": Greeting.OK},
        {"mode": Mode.IMPLICIT, "handshake": Handshake(outcome=HandshakeOutcome.ALERT)},
    ],
]
PAIRS = [
    pytest.param(low, high, rung < other, id=f"{rung}{n}-{other}{m}")
    for rung, lows in enumerate(LADDER)
    for n, low in enumerate(lows)
    for other, highs in enumerate(LADDER)
    for m, high in enumerate(highs)
    if low.get("mode") == high.get("mode") and rung != other
]


def table(*observations):
    return pa.Table.from_batches([to_batch(observations)])


@pytest.mark.parametrize(("first", "second", "second_is_better"), PAIRS)
def test_an_answer_beats_silence_whenever_it_came(seen, first, second, second_is_better):
    (kept,) = from_table(best_of([table(seen(**first)), table(seen(**second))]))
    assert kept == seen(**(second if second_is_better else first))


def test_of_equal_ones_the_later_counts(seen):
    (kept,) = from_table(best_of([table(seen(started=1.0)), table(seen(started=2.0))]))
    assert kept.started == 2.0


def test_every_endpoint_once_and_none_lost(seen):
    """A name and a port are part of what an endpoint is; what was seen in a later pass only is kept as well."""
    silent = {"greeting": Greeting.SILENT}
    first = [
        seen("192.0.2.9", **silent),
        seen("192.0.2.1", **silent),
        seen("192.0.2.1", port=1143, **silent),
        seen("192.0.2.1", host="a.example", **silent),
        seen("2001:db8::1", **silent),
    ]
    second = [
        seen("2001:db8::1", greeting=Greeting.OK),
        seen("192.0.2.1", port=1143, greeting=Greeting.OK),
        seen("192.0.2.77", greeting=Greeting.OK),
    ]
    third = [seen("192.0.2.1", port=1143, tcp=Tcp.TIMEOUT), seen("192.0.2.9", greeting=Greeting.OK)]
    kept = from_table(best_of([table(*first), table(*second), table(*third)]))
    assert kept == [third[1], first[1], second[1], first[3], second[0], second[2]]


@pytest.mark.parametrize(
    ("what", "again"),
    [
        ({"tcp": Tcp.TIMEOUT}, True),
        ({"tcp": Tcp.RESET}, True),
        ({"greeting": Greeting.SILENT}, True),
        ({"mode": Mode.IMPLICIT, "handshake": TIMEOUT}, True),
        ({"mode": Mode.IMPLICIT, "handshake": Handshake(outcome=HandshakeOutcome.RESET)}, True),
        ({"mode": Mode.IMPLICIT, "handshake": Handshake(outcome=HandshakeOutcome.ALERT)}, False),
        ({"greeting": Greeting.OK, "handshake": TIMEOUT}, False),
        ({"greeting": Greeting.CLOSED}, False),
        ({"tcp": Tcp.REFUSED}, False),
        ({"tcp": Tcp.UNREACHABLE}, False),
        ({"greeting": Greeting.OK}, False),
    ],
)
def test_who_is_asked_again(seen, what, again):
    """Nobody is bothered twice who has answered."""
    assert worth_another_try(table(seen(**what))).to_pylist() == [again]
