"""Compacted observations are those of the spool: each endpoint once, the best of what was seen of it, sorted.

What a user loses when these fail: endpoints, or the trust that each is counted once.
"""

import random
from collections import Counter
from hashlib import sha256

import pytest

from openletter.dialogue.observation import Greeting, Handshake, HandshakeOutcome, Tcp
from openletter.store.certificates import Certificates
from openletter.store.compaction import compact, is_compacted, network_start
from openletter.store.file_set import Kind, Standing
from openletter.store.files import read_table
from openletter.store.observation_table import from_table, sort_key
from openletter.store.record import State

DERS = {sha256(der).hexdigest(): der for der in (b"certificate %d" % number for number in range(9))}
NAMES = list(DERS)


def fill(store, survey, shards, *, finish=True):
    """Write shards of observations, each in the place of its number."""
    with store.run(survey) as run:
        sink = run.sink()
        done = {published.shard for published in run.finished()}
        for number, observations in enumerate(shards):
            if number not in done:
                writer = sink.begin(number, DERS.get)
                for seen in observations:
                    writer.add(seen)
                run.record(writer.publish())
        if finish:
            run.end(State.FINISHED, 1_800_000_009.0)
    return store.survey(survey)


def compacted(store, survey):
    current = store.current(Kind.OBSERVATIONS, survey)
    return [from_table(read_table(path)) for path in store.files_of(current)]


@pytest.fixture
def many(seen):
    """Four shards of hosts of two families, in no order, all ports of a host in one shard."""
    chance = random.Random(5)
    addresses = [f"198.51.{n % 7}.{n % 251}" for n in range(0, 900, 3)]
    addresses += [f"2001:db8:{n:x}::{n * 7:x}" for n in range(60)]
    addresses = list(dict.fromkeys(addresses))
    chance.shuffle(addresses)
    shards = [[], [], [], []]
    for number, ip in enumerate(addresses):
        for port in (993, 110, 143, 995):
            handshake = Handshake(outcome=HandshakeOutcome.OK, chain=(NAMES[number % 9],))
            shards[number % 4].append(seen(ip, port, started=float(number), handshake=handshake))
    return shards


@pytest.mark.parametrize("processes", [1, 2])
def test_nothing_is_lost_nothing_is_twice_and_all_is_sorted(store, survey, many, processes):
    record = fill(store, survey, many)
    compact(store, record, processes=processes, part_rows=200)
    parts = compacted(store, survey)
    assert len(parts) > 3
    rows = [one for part in parts for one in part]
    everything = [one for shard in many for one in shard]
    assert rows == sorted(everything, key=lambda one: (sort_key(one.ip), one.port))
    where = {}
    for number, part in enumerate(parts):
        for one in part:
            network = network_start(sort_key(one.ip))
            assert where.setdefault(network, number) == number, "a network, or a host of it, is in two files"


def test_of_two_passes_an_answer_beats_silence_and_else_the_later_counts(store, survey, seen):
    silent, spoke = {"greeting": Greeting.SILENT}, {"greeting": Greeting.OK}
    first = [seen("192.0.2.1", started=1.0, **spoke), seen("192.0.2.2", started=2.0, **silent)]
    first += [seen("192.0.2.3", started=3.0, tcp=Tcp.TIMEOUT), seen("192.0.2.4", started=4.0, **spoke)]
    second = [seen("192.0.2.1", started=11.0, tcp=Tcp.RESET), seen("192.0.2.2", started=12.0, **spoke)]
    second += [seen("192.0.2.3", started=13.0, tcp=Tcp.REFUSED), seen("192.0.2.4", host="a.example", **spoke)]
    compact(store, fill(store, survey, [first, second]))
    (rows,) = compacted(store, survey)
    assert rows == [first[0], second[1], second[2], first[3], second[3]]


def test_certificates_are_kept_once_for_all_surveys(store, plan, many):
    for second in range(2):
        survey = store.add_survey(plan, now=1_800_000_000.0 + second, tool_version="0").id
        compact(store, fill(store, survey, many))
    with Certificates(store.root) as kept:
        assert kept.count() == len(DERS)
        assert kept.find([*NAMES, "ff" * 32]) == DERS
        assert list(kept.faults()) == []


def test_what_is_compacted_is_not_compacted_again(store, survey, many):
    record = fill(store, survey, many)
    first = compact(store, record)
    assert compact(store, record) == first
    assert is_compacted(store, record)


def test_a_survey_that_went_on_is_compacted_anew_and_its_readers_keep_their_files(store, survey, many):
    record = fill(store, survey, many[:2], finish=False)
    before = compact(store, record)
    assert not is_compacted(store, fill(store, survey, many))
    compact(store, record)
    assert sum(map(len, compacted(store, survey))) == sum(map(len, many))
    assert all(path.exists() for path in store.files_of(before))
    standings = Counter(one.standing for one in store.manifest.sets())
    assert standings == {Standing.CURRENT: 1, Standing.PREVIOUS: 1}


def test_the_spool_of_a_finished_survey_goes_with_the_next_compaction(store, plan, many):
    first = store.add_survey(plan, now=1_800_000_000.0, tool_version="0").id
    second = store.add_survey(plan, now=1_800_000_001.0, tool_version="0").id
    record = fill(store, first, many)
    compact(store, record)
    spool = [store.observations(shard) for shard in store.shards(first)]
    assert all(path.exists() for path in spool), "who reads the spool can end in peace"
    compact(store, fill(store, second, many))
    assert not any(path.exists() for path in spool)
    assert is_compacted(store, store.survey(first))
    assert sum(map(len, compacted(store, first))) == sum(map(len, many))


def test_the_spool_of_an_unfinished_survey_stays(store, plan, many):
    first = store.add_survey(plan, now=1_800_000_000.0, tool_version="0").id
    second = store.add_survey(plan, now=1_800_000_001.0, tool_version="0").id
    compact(store, fill(store, first, many[:2], finish=False))
    compact(store, fill(store, second, many))
    assert all(store.observations(shard).exists() for shard in store.shards(first))
    record = fill(store, first, many)
    compact(store, record)
    assert sum(map(len, compacted(store, first))) == sum(map(len, many))


def test_a_survey_without_a_row_is_compacted_too(store, survey):
    compact(store, fill(store, survey, [[], []]))
    assert compacted(store, survey) == [[]]
