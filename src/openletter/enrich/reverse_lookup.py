"""Names of addresses from DNS (PTR), asked of one resolver that the user names, at a pace that it bears.

Every query takes its turn, a repeated one too; so many a second at most and so many in flight. An answer is kept for as
long as its zone says, within bounds; that there is no name is kept as well. A query without an answer is not kept, and
asked again the next time. The answers are strangers' words: only what has the form of a host's name becomes one.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from ipaddress import IPv6Address, ip_address
from itertools import islice

import dns.asyncquery
import dns.exception
import dns.message
import dns.rcode
import dns.rdatatype
import dns.resolver
import dns.reversename
import msgspec

from openletter.enrich.error import ResolverError
from openletter.enrich.host_name import host_name
from openletter.enrich.name_cache import NameCache, Named

LEAST_TTL_S = 3_600.0
MOST_TTL_S = 7 * 86_400.0
"""Bounds on how long an answer is kept: one that says 0 would be asked again by each file, one that says a year never."""
MOST_WITHOUT_S = 86_400.0
"""The same for the answer that there is no name (RFC 2308 §5 bounds it to a day, too)."""
MOST_RECORDS = 16
"""Of one answer; more are not looked at."""
PAYLOAD = 1_232
"""Octets that an answer by UDP may have: what passes everywhere in one piece. Beyond that, TCP."""
KEEP_EVERY_S = 1.0
"""So much work at most is lost to a kill."""
HOPELESS = 100
"""Queries without any answer from the beginning, or in a row, after which the resolver is given up."""


class Resolver(msgspec.Struct, frozen=True):
    address: str
    port: int = 53

    def __str__(self) -> str:
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How hard a resolver is asked."""

    rate: float = 50.0
    """Queries a second: a shared resolver bears some hundreds, and does not notice these."""
    in_flight: int = 100
    timeout: float = 3.0
    """Seconds for an answer."""
    retries: int = 2


class LookedUp(msgspec.Struct, frozen=True, kw_only=True):
    """What a lookup came to, in addresses."""

    asked: int
    named: int
    nameless: int
    """By the answer, or because what it says is no host's name."""
    unanswered: int
    """Not kept; asked again the next time."""


def parse_resolver(text: str) -> Resolver:
    """``192.0.2.53``, ``192.0.2.53:5353``, ``2001:db8::53``, ``[2001:db8::53]:5353``. Raises ValueError with what is wrong."""
    host, port = text, "53"
    if text.startswith("["):
        host, end, rest = text[1:].partition("]")
        port = rest.removeprefix(":") or "53"
        if not end or (rest and not rest.startswith(":")):
            raise ValueError("write an IPv6 address with a port as [2001:db8::53]:53")
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    try:
        address = str(ip_address(host))
    except ValueError:
        raise ValueError("write the resolver's address, as in 192.0.2.53 or 192.0.2.53:53") from None
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and 1 <= int(port) <= 65_535):
        raise ValueError("a port is a number from 1 to 65535")
    return Resolver(address, int(port))


def system_resolver() -> Resolver:
    """The first one that this system is set up with. Raises ResolverError where there is none."""
    try:
        found = dns.resolver.Resolver()
    except dns.exception.DNSException as error:
        raise ResolverError(f"this system names no resolver ({error}); name one by --resolver") from None
    server = next((str(each) for each in found.nameservers), "")
    try:
        return Resolver(str(ip_address(server.partition("%")[0])), found.port)
    except ValueError:
        raise ResolverError("this system names no resolver by its address; name one by --resolver") from None


def look_up(
    addresses: Iterable[bytes],
    cache: NameCache,
    resolver: Resolver,
    pace: Pace,
    *,
    watch: Callable[[int, int], None] = lambda *_: None,
    clock: Callable[[], float] = time.time,
) -> LookedUp:
    """Ask for the names of those addresses (sixteen octets each) that the cache does not hold, and keep the answers in it
    as they come. ``watch`` is told how many of how many are done.

    Raises ResolverError where nothing answers; what came before is kept. StoreError.
    """
    waiting = cache.unknown(dict.fromkeys(addresses), now=clock())
    watch(0, len(waiting))
    if not waiting:
        return LookedUp(asked=0, named=0, nameless=0, unanswered=0)
    return asyncio.run(_Lookup(waiting, cache, resolver, pace, watch, clock).run())


class _Lookup:
    """Mutable; one run."""

    def __init__(
        self,
        waiting: Sequence[bytes],
        cache: NameCache,
        resolver: Resolver,
        pace: Pace,
        watch: Callable[[int, int], None],
        clock: Callable[[], float],
    ) -> None:
        self._waiting = iter(waiting)
        self._of = len(waiting)
        self._cache = cache
        self._resolver = resolver
        self._pace = pace
        self._watch = watch
        self._clock = clock
        self._turn = 0.0
        self._unkept: list[Named] = []
        self._named = self._nameless = self._unanswered = 0
        self._in_a_row = 0
        self._keep_at = 0.0

    async def run(self) -> LookedUp:
        try:
            async with asyncio.TaskGroup() as hands:
                for _ in range(min(self._pace.in_flight, self._of)):
                    hands.create_task(self._hand())
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None
        finally:
            self._keep()
        return LookedUp(
            asked=self._of, named=self._named, nameless=self._nameless, unanswered=self._unanswered
        )

    def _keep(self) -> None:
        answers, self._unkept = self._unkept, []
        if answers:
            self._cache.keep(answers)
        self._watch(self._named + self._nameless + self._unanswered, self._of)
        self._keep_at = time.monotonic() + KEEP_EVERY_S

    async def _hand(self) -> None:
        for address in self._waiting:
            answer = await self._ask(address)
            if answer is None:
                self._unanswered += 1
            else:
                self._unkept.append(answer)
                self._named += bool(answer.name)
                self._nameless += not answer.name
            if time.monotonic() >= self._keep_at:
                self._keep()

    async def _ask(self, address: bytes) -> Named | None:
        for _ in range(1 + self._pace.retries):
            await self._its_turn()
            try:
                response = await _by_udp_or_tcp(_query(address), self._resolver, self._pace.timeout)
            except (dns.exception.DNSException, OSError, EOFError):
                self._missed()
                continue
            if response.rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
                self._in_a_row = 0
                return _answer(address, response, self._clock())
            # SERVFAIL is mostly the zone's fault, REFUSED the resolver's: it does not serve us.
            if response.rcode() == dns.rcode.REFUSED:
                self._missed()
            else:
                self._in_a_row = 0
        return None

    async def _its_turn(self) -> None:
        """Wait until one more query may go."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        self._turn = max(self._turn, now)
        wait = self._turn - now
        self._turn += 1 / self._pace.rate
        if wait > 0:
            await asyncio.sleep(wait)

    def _missed(self) -> None:
        self._in_a_row += 1
        if self._in_a_row >= HOPELESS:
            raise ResolverError(
                f"resolver {self._resolver}: {HOPELESS} queries in a row without a usable answer; "
                "see that it is right (--resolver), or ask more slowly (--names-rate)"
            )


async def _by_udp_or_tcp(
    query: dns.message.Message, resolver: Resolver, timeout: float
) -> dns.message.Message:
    # What comes from elsewhere or answers another question is passed over, as if it had not come.
    response, _ = await dns.asyncquery.udp_with_fallback(
        query,
        resolver.address,
        timeout=timeout,
        port=resolver.port,
        ignore_unexpected=True,
        ignore_errors=True,
    )
    return response


def _query(address: bytes) -> dns.message.Message:
    of = IPv6Address(address)
    name = dns.reversename.from_address(str(of.ipv4_mapped or of))
    return dns.message.make_query(name, dns.rdatatype.PTR, use_edns=0, payload=PAYLOAD)


def _answer(address: bytes, response: dns.message.Message, now: float) -> Named:
    """Of several names the first in the alphabet: resolvers turn their order, and a name is not to change by that."""
    assert isinstance(response, dns.message.QueryMessage)
    name, ttl = "", LEAST_TTL_S
    # A chain without end, or an answer beside NXDOMAIN, is no answer.
    with suppress(dns.exception.DNSException):
        chain = response.resolve_chaining()
        ttl = float(chain.minimum_ttl)
        if chain.answer is not None:
            records = islice(chain.answer, MOST_RECORDS)
            names = sorted(host_name(record.target.to_text()) for record in records)
            name = next(filter(None, names), "")
    most = MOST_TTL_S if name else MOST_WITHOUT_S
    return Named(address=address, name=name, asked=now, until=now + min(max(ttl, LEAST_TTL_S), most))
