"""A small survey that is compacted and judged, without any network, and databases in the format of MaxMind."""

from pathlib import Path

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from openletter.dialogue.observation import (
    Greeting,
    Handshake,
    HandshakeOutcome,
    ListSource,
    Mode,
    Observation,
    Protocol,
    Tcp,
)
from openletter.scope.build import build_scope
from openletter.scope.target import parse_target
from openletter.store.record import State
from openletter.store.store import Store
from openletter.survey.plan import Conditions, Plan, Vantage


def _observation(ip: str, port: int = 143, **more: object) -> Observation:
    fields = {
        "protocol": Protocol.IMAP,
        "mode": Mode.CLEARTEXT,
        "tcp": Tcp.OPEN,
        "greeting": Greeting.OK,
        "caps_pre": ("IMAP4REV1", "AUTH=PLAIN"),
        "caps_pre_source": ListSource.COMMAND,
    }
    return Observation(ip=ip, port=port, **{**fields, **more})


@pytest.fixture
def seen():
    """Makes an observation: an IMAP server that takes passwords in the clear."""
    return _observation


@pytest.fixture
def session():
    """Makes a handshake that worked."""
    return lambda *chain, **more: Handshake(
        **{
            "outcome": HandshakeOutcome.OK,
            "version": "TLSv1.3",
            "cipher": "TLS_AES_256_GCM_SHA384",
            "chain": chain,
            **more,
        }
    )


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "store", create=True) as opened:
        yield opened


@pytest.fixture
def surveyed(store):
    """Makes a finished survey of observations, neither compacted nor judged; its id."""

    def make(observations, ders=None, *, now=1_800_000_000.0):
        scope = build_scope([parse_target("192.0.2.0/24")])
        plan = Plan(
            scope=scope.description,
            endpoints=len(observations),
            seed=7,
            shards=1,
            conditions=Conditions(),
            vantage=Vantage(name="here"),
        )
        survey = store.add_survey(plan, now=now, tool_version="0").id
        with store.run(survey) as run:
            writer = run.sink().begin(0, (ders or {}).get)
            for observation in observations:
                writer.add(observation)
            run.record(writer.publish())
            run.end(State.FINISHED, now + 1)
        return survey

    return make


@pytest.fixture
def mmdb(tmp_path):
    """Writes a database of networks and records; its path."""

    def write(records: dict[str, dict[str, object]], kind: str = "Test-City", *, ip_version: int = 6) -> Path:
        writer = MMDBWriter(
            ip_version=ip_version, ipv4_compatible=ip_version == 6, database_type=kind, languages=["en"]
        )
        for network, record in records.items():
            writer.insert_network(IPSet([network]), record)
        path = tmp_path / f"{kind}.mmdb"
        writer.to_db_file(str(path))
        return path

    return write
