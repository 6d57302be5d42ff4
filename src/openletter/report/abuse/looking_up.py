"""The abuse contacts of many addresses, by as few questions as there are networks.

Each registry is asked at a pace of its own, and whoever is ready first is asked next. An answer covers all addresses of its
network, which are then not asked about any more. What was answered is kept at once: a run that is broken off goes on where it
was. A registry that says to wait is left alone for so long, one that says to wait for very long, or does not answer, for the
rest of the run.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable
from ipaddress import ip_network
from urllib.parse import urljoin

import msgspec

from openletter.report.abuse.contact_cache import ContactCache
from openletter.report.abuse.network import AnswerError, Network, Outcome, read_answer
from openletter.report.abuse.registries import Registries
from openletter.report.bounded_http import HttpError, Reply, read_url, request, retry_after
from openletter.scope import address
from openletter.scope.special import is_public

DEFAULT_RATE = 6.0
"""Questions a minute to one registry. None publishes a limit for all; those that do allow more."""
TIMEOUT_S = 20.0
MAX_OCTETS = 1_000_000
"""Of an answer; a common one has 5 to 20 kB."""
MAX_REDIRECTS = 4
TRIES = 3
LONGEST_WAIT_S = 600.0
"""For which a run waits where a registry says so."""
_WAIT_S = 60.0
"""Where it says to wait, and not how long."""
_FAULTS = 4
"""In a row, after which a registry is left alone for the rest of the run."""
_AROUND = {4: 24, 6: 48}
"""Length of the prefix for which it is taken that a registry knows nothing, where it knows nothing of one address in it."""
_JSON = "application/rdap+json, application/json"

SPECIAL = "is a special address, which no registry gives to anybody"
NO_REGISTRY = "no registry says that the address is his"


class Looking(msgspec.Struct, frozen=True, kw_only=True):
    """What a run has done."""

    asked: int
    """Questions."""
    left: dict[str, str]
    """Addresses of which nothing is known, and why: ask again later, or never."""


class _Task(msgspec.Struct, kw_only=True):
    ip: str
    url: str
    redirects: int = 0
    tries: int = 0


class _Registry(msgspec.Struct, kw_only=True):
    """One host."""

    tasks: deque[_Task] = msgspec.field(default_factory=deque)
    ready: float = 0.0
    faults: int = 0


class _WaitError(Exception):
    """The registry says later; in seconds."""

    def __init__(self, seconds: float, status: int) -> None:
        super().__init__(f"it says to wait ({status})")
        self.seconds = seconds


class LookUp:
    """One run."""

    def __init__(
        self,
        cache: ContactCache,
        registries: Registries,
        *,
        rate: float = DEFAULT_RATE,
        timeout: float = TIMEOUT_S,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        watch: Callable[[int, int], None] = lambda *_: None,
    ) -> None:
        """``rate``: questions a minute to each registry. ``clock`` in Unix seconds."""
        self._cache = cache
        self._registries = registries
        self._interval = 60.0 / rate
        self._timeout = timeout
        self._clock = clock
        self._sleep = sleep
        self._watch = watch
        self._hosts: dict[str, _Registry] = {}
        self._left: dict[str, str] = {}
        self._asked = 0

    def run(self, ips: Iterable[str]) -> Looking:
        """Look up what is not in the cache yet. Raises StoreError; other than that it ends whatever registries do."""
        given = list(dict.fromkeys(ips))
        for ip in given:
            self._begin(ip)
        while waiting := {place: host for place, host in self._hosts.items() if host.tasks}:
            self._watch(len(given) - sum(len(host.tasks) for host in waiting.values()), len(given))
            place = min(waiting, key=lambda one: waiting[one].ready)
            self._next(place, waiting[place])
        self._watch(len(given), len(given))
        return Looking(asked=self._asked, left=self._left)

    def _begin(self, ip: str) -> None:
        if not is_public(address.parse(ip)):
            self._left[ip] = SPECIAL
            return
        if self._cache.find(ip, self._clock()) is not None:
            return
        url = self._registries.url(ip)
        if url is None:
            self._left[ip] = NO_REGISTRY
            return
        self._queue(_Task(ip=ip, url=url))

    def _queue(self, task: _Task, *, first: bool = False) -> None:
        try:
            place = read_url(task.url).place
        except HttpError as error:
            self._fail(task, str(error), "")
            return
        tasks = self._hosts.setdefault(place, _Registry()).tasks
        if first:
            tasks.appendleft(task)
        else:
            tasks.append(task)

    def _next(self, place: str, host: _Registry) -> None:
        task = host.tasks.popleft()
        if self._cache.find(task.ip, self._clock()) is not None:
            return
        now = self._clock()
        if host.ready > now:
            self._sleep(host.ready - now)
        host.ready = self._clock() + self._interval
        self._asked += 1
        task.tries += 1
        try:
            reply = self._ask(task)
            self._take(task, reply, place)
            host.faults = 0
        except _WaitError as wait:
            host.faults = 0
            if wait.seconds > LONGEST_WAIT_S or task.tries >= TRIES:
                self._close(place, host, task, str(wait))
                return
            host.ready = max(host.ready, self._clock() + wait.seconds)
            host.tasks.appendleft(task)
        except AnswerError as error:
            self._fail(task, f"{place}: {error}", place)
        except HttpError as error:
            host.faults += 1
            if host.faults >= _FAULTS:
                self._close(place, host, task, str(error))
            elif task.tries < TRIES:
                host.tasks.append(task)
            else:
                self._fail(task, str(error), place)

    def _ask(self, task: _Task) -> Reply:
        return request(
            "GET",
            read_url(task.url),
            headers={"Accept": _JSON},
            reach=self._registries.reach,
            timeout=self._timeout,
            max_octets=MAX_OCTETS,
        )

    def _take(self, task: _Task, reply: Reply, place: str) -> None:
        """Raises _WaitError, AnswerError, HttpError."""
        if reply.status == 200:
            if reply.cut:
                raise AnswerError(f"its answer is longer than {MAX_OCTETS:,} octets")
            network = read_answer(reply.body, task.ip, self._registries.bootstrap)
            self._cache.keep(network, place, self._clock(), ip=task.ip)
        elif reply.status in (301, 302, 303, 307, 308):
            self._redirect(task, reply)
        elif reply.status == 404:
            around = ip_network(f"{task.ip}/{_AROUND[6 if ':' in task.ip else 4]}", strict=False)
            unknown = Network(
                first=str(around.network_address),
                last=str(around.broadcast_address),
                outcome=Outcome.NOT_FOUND,
                why="the registry knows no network around the address",
            )
            self._cache.keep(unknown, place, self._clock(), ip=task.ip)
        elif reply.status == 429 or (reply.status == 503 and "retry-after" in reply.headers):
            said = retry_after(reply.headers.get("retry-after", ""), self._clock())
            raise _WaitError(_WAIT_S if said is None else said, reply.status)
        elif reply.status >= 500:
            raise HttpError(f"{place}: answers {reply.status}")
        else:
            raise AnswerError(f"it answers {reply.status}")

    def _redirect(self, task: _Task, reply: Reply) -> None:
        if task.redirects >= MAX_REDIRECTS:
            raise AnswerError("it leads on and on")
        target = urljoin(task.url, reply.headers.get("location", ""))
        self._queue(_Task(ip=task.ip, url=target, redirects=task.redirects + 1), first=True)

    def _fail(self, task: _Task, why: str, place: str) -> None:
        failed = Network(first=task.ip, last=task.ip, outcome=Outcome.FAILED, why=why)
        self._cache.keep(failed, place, self._clock(), ip=task.ip)

    def _close(self, place: str, host: _Registry, task: _Task, why: str) -> None:
        """Ask it nothing more in this run."""
        said = why if why.startswith(place) else f"{place}: {why}"
        for one in (task, *host.tasks):
            if self._cache.find(one.ip, self._clock()) is None:
                self._left[one.ip] = said
        host.tasks.clear()
