"""A foreign scan becomes a survey that is judged host by host.

What a user loses when this fails: the verdict on 143 would not know what 993 said, or the latest record would not be the
one that counts.
"""

import io
from contextlib import nullcontext

import msgspec
import pytest

from openletter.discovery.error import DiscoveryError
from openletter.discovery.reading import Reading
from openletter.discovery.source import Source
from openletter.scope.exclusion import Exclusions, parse_exclusion
from openletter.scope.ports import REGISTERED
from openletter.statistics.database import Verdicts
from openletter.store.files import read_table
from openletter.store.foreign_survey import import_zgrab2
from openletter.store.observation_table import from_table
from openletter.store.record import State
from openletter.tls.trust import Trust
from openletter.verdict.judging import judge_survey


def record(ip: str, port: int, at: str = "2026-11-24T04:01:11Z", **result: object) -> bytes:
    response = {"status": "success", "protocol": "imap", "port": port, "timestamp": at, "result": result}
    return msgspec.json.encode({"ip": ip, "data": {"imap": response}}) + b"\n"


OPEN = "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n"
TLS = {"handshake_log": {"server_hello": {"version": {"name": "TLSv1.2", "value": 771}}}}


def bring_in(store, *files: bytes, **options):
    readings = [Reading(f"file{number}", "JSON of zgrab2") for number in range(len(files))]
    sources = [nullcontext(Source("file", io.BytesIO(octets))) for octets in files]
    done = import_zgrab2(store, sources, readings, plan=REGISTERED, tool_version="0", **options)
    return done, readings


def kept(store, survey):
    return [
        seen for shard in store.shards(survey) for seen in from_table(read_table(store.observations(shard)))
    ]


class Counted(msgspec.Struct):
    cls: str
    endpoints: int


def test_a_host_is_judged_as_a_whole_though_its_ports_lie_in_different_files(store):
    cleartext = b"".join(
        record(f"192.0.2.{n}", 143, banner=OPEN, starttls="a001 BAD no\r\n") for n in range(1, 100)
    )
    implicit = b"".join(record(f"192.0.2.{n}", 993, banner=OPEN, tls=TLS) for n in range(99, 50, -1))
    done, readings = bring_in(store, cleartext, implicit)
    assert (done.observations, done.addresses, [r.malformed for r in readings]) == (148, 99, [0, 0])
    judge_survey(store, store.survey(done.survey), Trust(roots=[]))
    with Verdicts(store.verdict_files(store.survey(done.survey))) as verdicts:
        rows = verdicts.ask('SELECT "class", count(*) FROM verdict GROUP BY ALL', Counted)
    assert {row.cls: row.endpoints for row in rows} == {
        "no_tls": 50,
        "cleartext_port_open": 49,
        "implicit_tls": 49,
    }
    seen = kept(store, done.survey)
    assert len(seen) == 148
    assert {one.origin for one in seen} == {"zgrab2"}
    ips = [
        {one.ip for one in from_table(read_table(store.observations(s)))} for s in store.shards(done.survey)
    ]
    assert sum(map(len, ips)) == len(set().union(*ips)) == 99


def test_of_several_records_of_an_endpoint_the_latest_counts(store):
    lines = [
        record("192.0.2.1", 143, "2026-11-24T05:00:00Z", banner="* OK latest\r\n"),
        record("192.0.2.1", 143, "2026-11-24T04:00:00Z", banner="* OK earlier\r\n"),
    ]
    done, (reading,) = bring_in(store, b"".join(lines))
    (seen,) = kept(store, done.survey)
    assert (seen.banner, reading.repeats) == (b"* OK latest", 1)


def test_the_survey_bears_the_time_of_the_scan_and_is_finished(store):
    lines = record("192.0.2.1", 143, "2020-01-01T00:00:00Z", banner=OPEN) + record(
        "192.0.2.2", 143, "2020-01-02T00:00:00Z", banner=OPEN
    )
    done, _ = bring_in(store, lines)
    survey = store.survey(done.survey)
    assert survey.id.startswith("20200101T000000Z")
    assert (survey.state, survey.started, survey.finished) == (State.FINISHED, 1577836800.0, 1577923200.0)


def test_excluded_addresses_are_not_kept(store):
    lines = record("192.0.2.1", 143, banner=OPEN) + record("192.0.2.2", 143, banner=OPEN)
    done, (reading,) = bring_in(store, lines, exclusions=Exclusions([parse_exclusion("192.0.2.2")]))
    assert [seen.ip for seen in kept(store, done.survey)] == ["192.0.2.1"]
    assert reading.closed == 1


def test_a_wrong_file_makes_no_survey_and_leaves_nothing(store):
    before = sorted(store.root.iterdir())
    with pytest.raises(DiscoveryError):
        bring_in(store, b"no json\n" * 10)
    assert store.surveys() == []
    assert sorted(store.root.iterdir()) == before
