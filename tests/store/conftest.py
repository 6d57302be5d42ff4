"""A store with one survey of four shards, without any network."""

import pytest

from openletter.dialogue.observation import Mode, Observation, Protocol, Tcp
from openletter.scope.build import build_scope
from openletter.scope.target import parse_target
from openletter.store.store import Store
from openletter.survey.plan import Conditions, Plan, Vantage


def observation(ip: str = "192.0.2.1", port: int = 143, **more: object) -> Observation:
    return Observation(
        ip=ip, port=port, protocol=Protocol.IMAP, **{"mode": Mode.CLEARTEXT, "tcp": Tcp.OPEN, **more}
    )


@pytest.fixture
def seen():
    """Makes an observation."""
    return observation


@pytest.fixture
def plan():
    scope = build_scope([parse_target("192.0.2.0/24")])
    return Plan(
        scope=scope.description,
        endpoints=scope.endpoint_count,
        seed=7,
        shards=4,
        conditions=Conditions(),
        vantage=Vantage(name="here"),
    )


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "store", create=True) as opened:
        yield opened


@pytest.fixture
def survey(store, plan):
    """The id of a survey that has not begun."""
    return store.add_survey(plan, now=1_800_000_000.0, tool_version="0").id
