"""Against a resolver of our own on loopback. Without these, names would be a stranger's words, or a resolver would be asked
harder than it was promised."""

import socket
import threading
import time
from contextlib import contextmanager, suppress
from ipaddress import ip_address

import dns.flags
import dns.message
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import pytest

from openletter.enrich.error import ResolverError
from openletter.enrich.name_cache import NameCache
from openletter.enrich.reverse_lookup import (
    HOPELESS,
    LEAST_TTL_S,
    MOST_TTL_S,
    MOST_WITHOUT_S,
    LookedUp,
    Pace,
    Resolver,
    look_up,
    parse_resolver,
)
from openletter.store.observation_table import sort_key

FAST = Pace(rate=10_000.0, in_flight=8, timeout=0.2, retries=1)
PATIENT = Pace(rate=10_000.0, in_flight=8, timeout=5.0, retries=1)


class DnsServer:
    """``answer`` makes of a query the responses (octets) that are sent, none of which need be honest."""

    def __init__(self, answer):
        self._answer = answer
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.resolver = Resolver("127.0.0.1", self._socket.getsockname()[1])
        self.queries = []
        """(monotonic seconds, address asked for), in the order of their coming."""
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while True:
            octets, sender = self._socket.recvfrom(4096)
            if not octets:
                return
            query = dns.message.from_wire(octets)
            labels = query.question[0].name.to_text().split(".")
            self.queries.append((time.monotonic(), ".".join(reversed(labels[:4]))))
            for response in self._answer(query) or ():
                with suppress(OSError):
                    self._socket.sendto(response, sender)

    def close(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
            end.sendto(b"", ("127.0.0.1", self.resolver.port))
        self._thread.join()
        self._socket.close()


@contextmanager
def serving(answer):
    server = DnsServer(answer)
    try:
        yield server
    finally:
        server.close()


def ptr(query, *names, ttl=86_400, rcode=dns.rcode.NOERROR):
    response = dns.message.make_response(query)
    response.set_rcode(rcode)
    if names:
        response.answer.append(dns.rrset.from_text(query.question[0].name, ttl, "IN", "PTR", *names))
    return response


def wired(*responses):
    return [response.to_wire() for response in responses]


def keys(*addresses):
    return [sort_key(address) for address in addresses]


@pytest.fixture
def cache(tmp_path):
    with NameCache(tmp_path) as opened:
        yield opened


def name_of(cache, address):
    return cache.names(keys(address)).get(sort_key(address), "")


def test_a_name_is_found_and_kept(cache):
    """The owner of an exposed server could not be told by its name."""
    with serving(lambda query: wired(ptr(query, "Mail.Example.NET."))) as server:
        asked = keys("127.1.2.3", "127.1.2.4")
        done = look_up(asked, cache, server.resolver, PATIENT)
        assert done == LookedUp(asked=2, named=2, nameless=0, unanswered=0)
        assert name_of(cache, "127.1.2.3") == "mail.example.net"
        assert look_up(asked, cache, server.resolver, PATIENT).asked == 0
        assert len(server.queries) == 2


def test_ipv6_is_asked_in_its_own_zone(cache):
    """Half of the Internet to come would have no name."""
    asked = []

    def answer(query):
        asked.append(query.question[0].name.to_text())
        return wired(ptr(query, "six.example.net."))

    with serving(answer) as server:
        look_up(keys("2001:db8::1"), cache, server.resolver, PATIENT)
    assert asked == ["1." + "0." * 23 + "8.b.d.0.1.0.0.2.ip6.arpa."]
    assert name_of(cache, "2001:db8::1") == "six.example.net"


def test_a_zone_that_is_delegated_by_alias_is_followed(cache):
    """Networks smaller than a /24 (RFC 2317), which most companies have, would be nameless."""

    def answer(query):
        response = dns.message.make_response(query)
        asked = query.question[0].name
        response.answer.append(dns.rrset.from_text(asked, 60, "IN", "CNAME", "3.0-25.2.1.127.in-addr.arpa."))
        response.answer.append(
            dns.rrset.from_text("3.0-25.2.1.127.in-addr.arpa.", 60, "IN", "PTR", "mx.example.org.")
        )
        return wired(response)

    with serving(answer) as server:
        look_up(keys("127.1.2.3"), cache, server.resolver, PATIENT)
    assert name_of(cache, "127.1.2.3") == "mx.example.org"


def test_that_there_is_no_name_is_kept(cache):
    """Every day the resolver would be asked a million questions whose answer is known."""
    with serving(lambda query: wired(ptr(query, rcode=dns.rcode.NXDOMAIN))) as server:
        done = look_up(keys("127.1.2.3"), cache, server.resolver, PATIENT)
        assert done == LookedUp(asked=1, named=0, nameless=1, unanswered=0)
        assert look_up(keys("127.1.2.3"), cache, server.resolver, PATIENT).asked == 0
        later = time.time() + MOST_WITHOUT_S + 1
        assert look_up(keys("127.1.2.3"), cache, server.resolver, PATIENT, clock=lambda: later).asked == 1


@pytest.mark.parametrize(("ttl", "kept"), [(0, LEAST_TTL_S), (7_200, 7_200), (2**31 - 1, MOST_TTL_S)])
def test_how_long_an_answer_is_kept_is_bounded(cache, ttl, kept):
    """A zone's 0 would have it asked for each file, its 68 years would keep a name that has long moved."""
    address = keys("127.1.2.3")
    with serving(lambda query: wired(ptr(query, "mail.example.net.", ttl=ttl))) as server:
        look_up(address, cache, server.resolver, PATIENT, clock=lambda: 1_000.0)
    assert cache.unknown(address, now=1_000.0 + kept - 1) == []
    assert cache.unknown(address, now=1_000.0 + kept) == address


def test_an_answer_that_does_not_come_is_asked_for_again_and_not_kept(cache):
    """A resolver that was down for a minute would leave a survey without names for a day."""
    silent = {"127.1.2.3"}

    def answer(query):
        labels = query.question[0].name.to_text().split(".")
        if ".".join(reversed(labels[:4])) in silent:
            return []
        return wired(ptr(query, "mail.example.net."))

    asked = keys("127.1.2.3", "127.1.2.4")
    with serving(answer) as server:
        done = look_up(asked, cache, server.resolver, FAST)
        assert done == LookedUp(asked=2, named=1, nameless=0, unanswered=1)
        assert [address for _, address in server.queries].count("127.1.2.3") == 1 + FAST.retries
        silent.clear()
        assert look_up(asked, cache, server.resolver, PATIENT) == LookedUp(
            asked=1, named=1, nameless=0, unanswered=0
        )


def test_a_lost_packet_costs_no_name(cache):
    """Names would come and go with the weather."""
    seen = set()

    def answer(query):
        asked = query.question[0].name
        first = asked not in seen
        seen.add(asked)
        return [] if first else wired(ptr(query, "mail.example.net."))

    with serving(answer) as server:
        assert look_up(keys("127.1.2.3"), cache, server.resolver, FAST).named == 1


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert\\(1\\)</script>.example.",
        "a\\000b.example.net.",
        "\\027[31m.example.net.",
        "127.1.2.3.",
        "localhost.",
        "*.example.net.",
        "\\226\\128\\174moc.example.",
        "-bad.example.net.",
        "a.b.c.d.e.example.123.",
    ],
)
def test_what_is_no_name_of_a_host_is_none(cache, name):
    """Whoever runs a reverse zone could write on our pages, terminals and tables."""
    with serving(lambda query: wired(ptr(query, name))) as server:
        assert look_up(keys("127.1.2.3"), cache, server.resolver, PATIENT).nameless == 1
    assert name_of(cache, "127.1.2.3") == ""


def test_of_several_names_it_is_always_the_same(cache, tmp_path):
    """An endpoint would change its name from survey to survey, as resolvers turn the order of records."""
    names = ["zz.example.net.", "<b>.example.net.", "aa.example.net."]
    with serving(lambda query: wired(ptr(query, *names))) as server:
        look_up(keys("127.1.2.3"), cache, server.resolver, PATIENT)
        names.reverse()
        look_up(keys("127.1.2.4"), cache, server.resolver, PATIENT)
    assert name_of(cache, "127.1.2.3") == name_of(cache, "127.1.2.4") == "aa.example.net"


def test_an_answer_to_another_question_is_passed_over(cache):
    """Whoever can send packets to us could name our servers as they like."""

    def answer(query):
        forged = ptr(query, "forged.example.net.")
        forged.id = (query.id + 1) % 65_536
        other = dns.message.make_response(dns.message.make_query("3.2.1.126.in-addr.arpa.", "PTR"))
        other.id = query.id
        other.answer.append(
            dns.rrset.from_text("3.2.1.126.in-addr.arpa.", 60, "IN", "PTR", "other.example.net.")
        )
        beside = dns.message.make_response(query)
        beside.answer.append(
            dns.rrset.from_text("9.9.9.9.in-addr.arpa.", 60, "IN", "PTR", "beside.example.net.")
        )
        longest = dns.message.make_response(query)
        octets = dns.rdata.GenericRdata(
            dns.rdataclass.IN, dns.rdatatype.PTR, (b"\x3f" + b"a" * 63) * 40 + b"\0"
        )
        longest.answer.append(dns.rrset.from_rdata(query.question[0].name, 60, octets))
        return [
            b"no DNS at all",
            longest.to_wire(max_size=65_535),
            forged.to_wire(),
            other.to_wire(),
            beside.to_wire(),
        ]

    with serving(answer) as server:
        done = look_up(keys("127.1.2.3"), cache, server.resolver, FAST)
    assert done.named == 0
    assert name_of(cache, "127.1.2.3") == ""


def test_a_long_answer_is_fetched_by_tcp(cache):
    """Addresses of large hosters, which have many names, would have none."""

    def cut(query):
        response = dns.message.make_response(query)
        response.flags |= dns.flags.TC
        return wired(response)

    with serving(cut) as server, socket.create_server(("127.0.0.1", server.resolver.port)) as listener:

        def answer_once():
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as octets:
                size = int.from_bytes(octets.read(2))
                whole = ptr(dns.message.from_wire(octets.read(size)), "mail.example.net.").to_wire()
                connection.sendall(len(whole).to_bytes(2) + whole)

        answering = threading.Thread(target=answer_once, daemon=True)
        answering.start()
        look_up(keys("127.1.2.3"), cache, server.resolver, PATIENT)
        answering.join()
    assert name_of(cache, "127.1.2.3") == "mail.example.net"


def test_an_alias_of_itself_ends(cache):
    """One hostile zone would hold up all others."""

    def answer(query):
        response = dns.message.make_response(query)
        asked = query.question[0].name
        response.answer.append(dns.rrset.from_text(asked, 60, "IN", "CNAME", asked.to_text()))
        return wired(response)

    with serving(answer) as server:
        assert look_up(keys("127.1.2.3"), cache, server.resolver, PATIENT).nameless == 1


def test_the_pace_is_held(cache):
    """A shared resolver, or the provider's limit, would shut us out."""
    rate = 100.0
    addresses = keys(*(f"127.1.2.{number}" for number in range(1, 31)))
    with serving(lambda query: wired(ptr(query, "mail.example.net."))) as server:
        look_up(addresses, cache, server.resolver, Pace(rate=rate, in_flight=30, timeout=5.0, retries=0))
        moments = [at for at, _ in server.queries]
    assert len(moments) == len(addresses)
    assert max(moments) - min(moments) >= 0.8 * (len(addresses) - 1) / rate


def test_no_more_are_in_flight_than_were_allowed(cache):
    """A slow resolver would be buried under everything that a survey wants to know."""
    allowed = 4
    with serving(lambda query: []) as server:
        pace = Pace(rate=10_000.0, in_flight=allowed, timeout=0.3, retries=0)
        addresses = keys(*(f"127.1.2.{number}" for number in range(1, 9)))
        done = look_up(addresses, cache, server.resolver, pace)
        moments = [at for at, _ in server.queries]
    assert done.unanswered == len(addresses)
    # The first four go out together, and the next only when their time has run out.
    assert moments[allowed] - moments[0] >= pace.timeout * 0.9


def test_a_resolver_that_answers_nothing_is_given_up(cache):
    """A mistyped --resolver would cost half a day, and end in a survey without names and without a word."""
    addresses = keys(*(str(ip_address("127.1.0.0") + number) for number in range(3 * HOPELESS)))
    with serving(lambda query: []) as server:
        pace = Pace(rate=100_000.0, in_flight=50, timeout=0.05, retries=0)
        with pytest.raises(ResolverError, match=str(server.resolver)):
            look_up(addresses, cache, server.resolver, pace)


def test_what_was_answered_before_a_stop_is_not_asked_again(cache):
    """Ctrl-C after an hour would throw an hour away."""
    addresses = keys(*(f"127.1.2.{number}" for number in range(1, 41)))
    told = 0

    def stop_in_the_middle(done, of):
        nonlocal told
        told += 1
        if told > 1:
            raise KeyboardInterrupt

    with serving(lambda query: wired(ptr(query, "mail.example.net."))) as server:
        pace = Pace(rate=30.0, in_flight=4, timeout=5.0, retries=0)
        with pytest.raises(KeyboardInterrupt):
            look_up(addresses, cache, server.resolver, pace, watch=stop_in_the_middle)
        kept = len(addresses) - len(cache.unknown(addresses, now=time.time()))
        assert kept > 0
        done = look_up(addresses, cache, server.resolver, PATIENT)
        assert done.asked == len(addresses) - kept


@pytest.mark.parametrize(
    ("text", "resolver"),
    [
        ("192.0.2.53", Resolver("192.0.2.53")),
        ("192.0.2.53:5353", Resolver("192.0.2.53", 5353)),
        ("2001:db8::53", Resolver("2001:db8::53")),
        ("[2001:db8::53]:5353", Resolver("2001:db8::53", 5353)),
    ],
)
def test_a_resolver_is_read_as_people_write_it(text, resolver):
    """--resolver would be refused though it is right."""
    assert parse_resolver(text) == resolver


@pytest.mark.parametrize(
    "text", ["", "dns.example", "192.0.2.53:0", "192.0.2.53:x", "[2001:db8::53", "1.2.3"]
)
def test_what_is_no_resolver_is_refused_in_words(text):
    """Queries would go to wherever that is."""
    with pytest.raises(ValueError, match=r"write|port"):
        parse_resolver(text)
