"""A survey in numbers for Prometheus: counters of this run, and gauges of how far the survey is."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Info, start_http_server

from openletter.dialogue.observation import Protocol, Tcp
from openletter.survey.event import Begun, Ended, Event, Progress, ShardKept, WorkerGone, WorkerSaid
from openletter.survey.messages import Seen
from openletter.survey.tally import Tally

_ERROR = 40
"""The level of :mod:`logging` from which on a record tells of a fault."""


class Metrics:
    """Told what happens, in one thread; scraped in others. A registry of its own, so that nothing else is in it."""

    def __init__(self, survey: str, tool_version: str) -> None:
        self.registry = CollectorRegistry()
        self._open: dict[int, int] = {}
        info = Info("openletter_survey", "Which survey this is.", registry=self.registry)
        info.info({"survey": survey, "version": tool_version})
        self._probed = self._counter("probed", "Endpoints asked by this run, in each pass anew.", "protocol")
        self._answered = self._counter("answered", "Endpoints that took a connection, once each.", "protocol")
        self._exposed = self._counter(
            "exposed",
            "Endpoints that probably take a password in the clear; verdicts come later.",
            "protocol",
        )
        self._silent = self._counter(
            "unanswered", "Endpoints without a connection, in each pass anew.", "protocol", "reason"
        )
        self._left_out = self._counter("left_out", "Endpoints not asked since they were opted out.")
        self._faults = self._counter("faults", "Dialogues that ended by a fault of this program.")
        self._gone = self._counter("workers_lost", "Worker processes that died or gave up.")
        self._kept = self._counter("shards_published", "Shards that this run made durable.")
        self._octets = self._counter("written_octets", "Octets of observations that this run made durable.")
        self._connections = self._gauge("connections_open", "Connections open now.")
        self._rate = self._gauge("rate", "Endpoints a second, lately.")
        self._wanted = self._gauge("wanted_rate", "Connections a second that it may begin; 0 is no limit.")
        self._endpoints = self._gauge("endpoints", "Endpoints of the pass that is under way.")
        self._done = self._gauge("endpoints_done", "Those that are done, by earlier runs too.")
        self._shards = self._gauge("shards", "Shards of the survey.")
        self._shards_done = self._gauge("shards_done", "Those that are durable, by earlier runs too.")
        self._left = self._gauge(
            "seconds_left", "Seconds to the end of the pass at this rate; NaN while not known."
        )
        self._running = self._gauge("running", "1 while workers ask, 0 before and after.")
        for protocol in Protocol:
            for counter in (self._probed, self._answered, self._exposed):
                counter.labels(protocol)

    def _counter(self, name: str, says: str, *labels: str) -> Counter:
        return Counter(f"openletter_survey_{name}", says, labels, registry=self.registry)

    def _gauge(self, name: str, says: str) -> Gauge:
        return Gauge(f"openletter_survey_{name}", says, registry=self.registry)

    def tell(self, event: Event) -> None:
        match event:
            case Begun(effort=effort):
                self._wanted.set(effort.rate)
                self._running.set(1)
            case Progress(worker=worker, seen=seen):
                self._count(seen)
                self._open[worker] = seen.open
                self._connections.set(sum(self._open.values()))
            case ShardKept(published=published):
                self._kept.inc()
                self._octets.inc(published.octets)
            case WorkerSaid(said=said):
                if said.level >= _ERROR:
                    self._faults.inc()
            case WorkerGone():
                self._gone.inc()
            case Ended():
                self._running.set(0)
                self._connections.set(0)

    def _count(self, seen: Seen) -> None:
        for part in seen.sums:
            self._probed.labels(part.protocol).inc(part.probed)
            self._exposed.labels(part.protocol).inc(part.exposed)
            self._answered.labels(part.protocol).inc(part.answered)
            if part.tcp is not Tcp.OPEN:
                self._silent.labels(part.protocol, part.tcp).inc(part.probed)
        self._left_out.inc(seen.left_out)

    def watch(self, tally: Tally) -> None:
        self._rate.set(tally.rate)
        self._endpoints.set(tally.endpoints)
        self._done.set(tally.probed + tally.left_out)
        self._shards.set(tally.shards)
        self._shards_done.set(tally.shards_done)
        self._left.set(math.nan if tally.seconds_left is None else tally.seconds_left)


@contextmanager
def serving(metrics: Metrics, address: str, port: int) -> Iterator[str]:
    """Answer Prometheus there; yields the address of the page. Port 0 takes one that is free. Raises OSError."""
    server, thread = start_http_server(port, address, metrics.registry)
    try:
        host = f"[{address}]" if ":" in address else address
        yield f"http://{host}:{server.server_port}/metrics"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
