"""Ranges that overlap are cut so that the narrowest wins: a company's own network is not its provider's.

What a user loses when these fail: the right one of two answers.
"""

from ipaddress import IPv4Address
from itertools import pairwise

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from openletter.enrich.range_table import Ranges, disjoint, without
from openletter.store.observation_table import sort_key


def octets(number: int) -> bytes:
    return sort_key(str(IPv4Address(number)))


def table_of(spans: list[tuple[int, int]]) -> pa.Table:
    ranges = Ranges(["asn"])
    for place, (first, last) in enumerate(spans):
        ranges.add(octets(first), octets(last), place + 1)
    return ranges.table()


SPANS = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda pair: (min(pair), max(pair))), max_size=12
)


@given(SPANS)
def test_every_address_has_the_answer_of_the_narrowest_range(spans):
    table = table_of(spans)
    rows = table.to_pylist()
    for before, after in pairwise(rows):
        assert before["end"] < after["start"]
    for number in range(62):
        holding = [
            (last - first, place + 1) for place, (first, last) in enumerate(spans) if first <= number <= last
        ]
        found = [row["asn"] for row in rows if row["start"] <= octets(number) <= row["end"]]
        assert found == ([min(holding)[1]] if holding else [])


@given(SPANS, SPANS)
def test_what_is_taken_away_is_in_no_range_and_nothing_else_is_lost(spans, holes):
    table = table_of(spans)
    left = without(table, [(octets(first), octets(last)) for first, last in holes])

    def at(number, of):
        return [row["asn"] for row in of.to_pylist() if row["start"] <= octets(number) <= row["end"]]

    for number in range(62):
        taken = any(first <= number <= last for first, last in holes)
        assert at(number, left) == ([] if taken else at(number, table))


def test_both_families_stand_in_one_table():
    ranges = Ranges(["country"])
    ranges.add(sort_key("2001:db8::"), sort_key("2001:db8::ffff"), "JP")
    ranges.add(sort_key("192.0.2.0"), sort_key("192.0.2.255"), "DE")
    assert ranges.table().column("country").to_pylist() == ["DE", "JP"]


def test_a_table_of_several_batches_with_words_of_their_own_stays_right():
    schema = table_of([]).schema.append(pa.field("name", pa.dictionary(pa.int32(), pa.string())))
    parts = [
        pa.table(
            [
                [octets(n)],
                [octets(n)],
                pa.array([n], pa.uint32()),
                pa.array([f"n{n}"]).dictionary_encode(),
            ],
            schema=schema,
        )
        for n in (5, 3, 4)
    ]
    assert disjoint(pa.concat_tables(parts)).column("name").to_pylist() == ["n3", "n4", "n5"]
