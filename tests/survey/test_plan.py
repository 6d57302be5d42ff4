"""How a survey is cut up and shared out.

What a user loses when these fail: the progress of a small survey at a kill, or a limit that was promised to others.
"""

import resource

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openletter.survey.effort import RESERVED_DESCRIPTORS, Effort, affordable, suitable_processes
from openletter.survey.plan import MIN_SHARD_ENDPOINTS, SHARD_ENDPOINTS, shard_count


@settings(deadline=None)
@given(st.integers(0, 1 << 40), st.integers(1, 64))
def test_shards_are_neither_too_large_nor_too_small(endpoints, processes):
    shards = shard_count(endpoints, processes)
    assert shards >= 1
    assert endpoints / shards <= SHARD_ENDPOINTS
    assert shards == 1 or endpoints / shards >= MIN_SHARD_ENDPOINTS
    if endpoints >= processes * 4 * MIN_SHARD_ENDPOINTS:
        assert shards >= processes * 4


@settings(deadline=None)
@given(
    st.integers(1, 64),
    st.floats(0, 1e6, allow_subnormal=False),
    st.floats(0, 1e6, allow_subnormal=False),
    st.integers(64, 100_000),
)
def test_all_processes_together_keep_to_the_limits(processes, rate, network_rate, concurrency):
    effort = Effort(processes=processes, rate=rate, network_rate=network_rate, concurrency=concurrency)
    share = effort.share()
    assert share.rate * processes <= rate * 1.000001
    assert share.network_rate * processes <= network_rate * 1.000001
    assert share.concurrency * processes <= concurrency
    assert (share.rate == 0) == (rate == 0), "0 is no limit, and must stay so"


def test_a_low_rate_is_the_work_of_one_process():
    assert suitable_processes(10_000_000, 200.0) == 1
    assert suitable_processes(50, 0.0) == 1
    assert suitable_processes(10_000_000, 0.0) >= 1


@pytest.fixture
def few_files():
    """At most 200 open files may be had, and 100 are allowed at first."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    if before[1] != resource.RLIM_INFINITY and before[1] < 400:
        pytest.skip("the limit of open files is too low to be lowered")
    yield lambda soft: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, before[1]))
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_the_limit_of_open_files_is_raised_as_far_as_it_goes(few_files):
    few_files(256)
    effort = Effort(processes=2, rate=0, network_rate=0, concurrency=2 * 300)
    assert affordable(effort) == effort
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= 300 + RESERVED_DESCRIPTORS


def test_no_more_connections_than_the_system_allows(monkeypatch):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, 1000))
    monkeypatch.setattr(resource, "setrlimit", lambda *_: None)
    effort = Effort(processes=2, rate=0, network_rate=0, concurrency=10_000)
    granted = affordable(effort)
    assert granted.share().concurrency + RESERVED_DESCRIPTORS == 1000
    assert granted.processes == 2
