"""The order of a survey: a seeded permutation that costs no memory, can be entered anywhere and cut into shards.

After ZMap (Durumeric, Wustrow, Halderman: "ZMap: Fast Internet-Wide Scanning and Its Security Applications",
USENIX Security 2013, §4.1; shards after Adrian et al., "Zippier ZMap", WOOT 2014, §3).

The mathematics. For N elements let p be the smallest prime above N. The numbers 1 … p-1 are a cyclic group under
multiplication modulo p: for a generator g, the powers g⁰, g¹, … g^(p-2) run through each of them exactly once. So
with a start a, the number at position i is x(i) = a·gⁱ mod p, and the element is x(i)-1. The few x above N (prime
gaps are short: p-1-N is below 500 for every N that fits here) are passed over. Each step is one multiplication, and
x(i) for any i is one modular power, so a scan resumes anywhere without a walk.

g generates if and only if g^((p-1)/q) ≠ 1 for every prime q that divides p-1, so p-1 is factored: by trial division
and Pollard's rho, which takes at most some tens of milliseconds for 64 bits. The seed picks g and a by SHA-256: the
same seed gives the same order on every machine.

Shard s of k takes the positions s, s+k, s+2k, …: disjoint, together everything, each as mixed as the whole.

It spreads the load over networks; it is no secret. Who sees some of the order can compute the rest.
"""

import hashlib
from collections.abc import Iterator
from math import gcd

MAX_SIZE = 1 << 64
"""Elements. Nobody visits more, and the primality test below is proven far beyond."""

_SMALL_PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)


def is_prime(n: int) -> bool:
    """Miller-Rabin with the first twelve primes as bases: proven right below 3.18·10²³ (Sorenson, Webster 2015)."""
    if n < 2:
        return False
    for prime in _SMALL_PRIMES:
        if n % prime == 0:
            return n == prime
    odd, twos = n - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for base in _SMALL_PRIMES:
        x = pow(base, odd, n)
        if x in (1, n - 1):
            continue
        for _ in range(twos - 1):
            x = x * x % n
            if x == n - 1:
                break
        else:
            return False
    return True


def next_prime(n: int) -> int:
    """The smallest prime above n."""
    candidate = n + 1
    while not is_prime(candidate):
        candidate += 1
    return candidate


def _rho(n: int) -> int:
    """A proper divisor of a composite n without small factors (Pollard 1975, with Floyd's cycle)."""
    for c in range(1, n):
        slow = fast = 2
        divisor = 1
        while divisor == 1:
            slow = (slow * slow + c) % n
            fast = (fast * fast + c) % n
            fast = (fast * fast + c) % n
            divisor = gcd(slow - fast, n)
        if divisor != n:
            return divisor
    raise ArithmeticError("a prime was given")


def prime_factors(n: int) -> set[int]:
    """The primes that divide n, for n up to 2**65."""
    factors: set[int] = set()
    divisor = 2
    while divisor < 2048 and divisor * divisor <= n:
        if n % divisor == 0:
            factors.add(divisor)
            while n % divisor == 0:
                n //= divisor
        divisor += 1
    rest = [n] if n > 1 else []
    while rest:
        part = rest.pop()
        if is_prime(part):
            factors.add(part)
        else:
            found = _rho(part)
            rest += [found, part // found]
    return factors


def _drawn(seed: int, purpose: str, count: int, below: int) -> int:
    """A number in [1, below), the same for the same arguments everywhere."""
    digest = hashlib.sha256(f"openletter order {purpose} {seed} {count}".encode()).digest()
    return 1 + int.from_bytes(digest, "big") % (below - 1)


class Permutation:
    """The numbers 0 … size-1, each once, in an order that a seed picks.

    ``size`` from 0 to 2**64; ``seed`` any integer. Raises ValueError beyond.
    """

    def __init__(self, size: int, seed: int) -> None:
        if not 0 <= size <= MAX_SIZE:
            raise ValueError(f"size is from 0 to 2**64, not {size}")
        self.size = size
        self.prime = next_prime(size) if size else 2
        self.positions = self.prime - 1 if size else 0
        """Positions of the whole walk; a few of them hold nothing."""
        order = self.prime - 1
        factors = prime_factors(order)
        count = 0
        while True:
            self.generator = _drawn(seed, "generator", count, self.prime)
            if all(pow(self.generator, order // q, self.prime) != 1 for q in factors):
                break
            count += 1
        self.start = _drawn(seed, "start", 0, self.prime)

    def at(self, position: int) -> int | None:
        """The element at a position in [0, positions); ``None`` at one of the few that hold nothing.

        Raises IndexError outside.
        """
        if not 0 <= position < self.positions:
            raise IndexError(position)
        element = self.start * pow(self.generator, position, self.prime) % self.prime - 1
        return element if element < self.size else None

    def shard(self, index: int = 0, of: int = 1, begin: int = 0) -> Iterator[tuple[int, int]]:
        """Walk shard ``index`` of ``of``: yields (count, element).

        ``count`` numbers the shard's own positions from 0, those that hold nothing too; to resume after a pair,
        pass its count plus one as ``begin``. Raises ValueError where there is no such shard.
        """
        if of < 1 or not 0 <= index < of or begin < 0:
            raise ValueError(f"shard {index} of {of} from {begin}: count shards from 0")
        return self._walk(index, of, begin)

    def _walk(self, index: int, of: int, begin: int) -> Iterator[tuple[int, int]]:
        prime, size = self.prime, self.size
        step = pow(self.generator, of, prime)
        x = self.start * pow(self.generator, index + begin * of, prime) % prime
        for count in range(begin, max(0, -(-(self.positions - index) // of))):
            if x <= size:
                yield count, x - 1
            x = x * step % prime
