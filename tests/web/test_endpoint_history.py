"""One endpoint over time, in a world of three surveys."""

from ipaddress import ip_address
from typing import Any

import pytest

from openletter.statistics.endpoint_history import endpoint_history, endpoint_times
from openletter.statistics.history import address_history
from openletter.store.store import Store


@pytest.fixture(scope="module")
def store(world: Any) -> Any:
    with Store(world.root) as opened:
        yield opened


@pytest.mark.parametrize("ip", ["11.0.0.1", "11.1.1.3", "2a00:11::1"])
def test_the_history_of_an_endpoint_is_that_of_its_address(store: Store, ip: str) -> None:
    """The page of an endpoint would tell of another past than `openletter diff`."""
    of_address = address_history(store, ip_address(ip))
    assert len(of_address) == 12
    for port in (110, 143, 993, 995):
        found = endpoint_history(store, ip, port)
        assert found == tuple(one for one in of_address if one.port == port)
        assert len(found) == 3


def test_nothing_is_told_of_what_was_never_asked(store: Store) -> None:
    """A stranger's endpoint would have the past of its neighbour."""
    assert endpoint_history(store, "11.0.0.1", 25) == ()
    assert endpoint_history(store, "11.0.0.1", 143, "other.example") == ()
    assert endpoint_times(store, "203.0.113.1", 143) is None


def test_times_agree_with_the_history(store: Store) -> None:
    """ "Exposed since" would be a day on which the server was sound."""
    told = 0
    for number in range(1, 21):
        ip = f"11.0.0.{number}"
        history = endpoint_history(store, ip, 143)
        times = endpoint_times(store, ip, 143)
        assert times is not None
        answered = [one.started for one in history if one.class_ != "unreachable"]
        assert times.first_seen == (answered[0] if answered else None)
        assert times.last_seen == (answered[-1] if answered else None)
        if times.exposed_since is not None:
            told += 1
            assert times.exposed_since in answered
    assert told > 3
