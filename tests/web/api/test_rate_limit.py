"""How often a client may ask."""

from openletter.web.api import rate_limit
from openletter.web.api.rate_limit import RateLimit, client_of


class _Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_a_client_gets_its_requests_and_no_more() -> None:
    """One client could keep the server busy for all."""
    clock = _Clock()
    limit = RateLimit(10, 60, clock)
    left = [limit.take("a").left for _ in range(10)]
    assert left == list(range(9, -1, -1))
    refused = limit.take("a")
    assert not refused.allowed
    assert limit.headers(refused)["Retry-After"] == str(refused.wait) == "6"
    assert limit.take("b").allowed, "another client pays for the first one"


def test_who_waits_as_told_is_let_in() -> None:
    """A polite client would be refused for ever."""
    clock = _Clock()
    limit = RateLimit(3, 10, clock)
    for _ in range(3):
        limit.take("a")
    clock.now += limit.take("a").wait
    assert limit.take("a").allowed


def test_the_fields_say_what_is_left() -> None:
    """A client could not pace itself."""
    limit = RateLimit(10, 60, _Clock())
    assert limit.headers(limit.take("a")) == {
        "RateLimit-Policy": '"default";q=10;w=60',
        "RateLimit": '"default";r=9;t=6',
    }


def test_memory_is_bounded() -> None:
    """Whoever has many addresses could fill the memory."""
    limit = RateLimit(10, 60, _Clock())
    for number in range(rate_limit.MAX_CLIENTS + 10):
        limit.take(str(number))
    assert len(limit._due) == rate_limit.MAX_CLIENTS


def test_a_network_of_ipv6_is_one_client() -> None:
    """A single machine has 2**64 addresses to choose from."""
    assert client_of("2001:db8:1:2:3::4") == client_of("2001:db8:1:2:ffff::1") != client_of("2001:db8:1:3::4")
    assert client_of("192.0.2.1") == client_of("::ffff:192.0.2.1") != client_of("192.0.2.2")
    assert client_of("testclient") == "testclient"
