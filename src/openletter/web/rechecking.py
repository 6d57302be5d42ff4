"""Looks at endpoints that owners ask for, carried out in threads of their own, so that no reader waits for a slow server."""

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property

from openletter.engine.connecting import OutOfResourcesError
from openletter.report.recheck.asking import Asking, endpoint_of, judged
from openletter.report.recheck.finding import Finding
from openletter.report.recheck.ledger import MOST_OPEN, Recheck, RecheckLedger, Wait
from openletter.report.recheck.outcome import Hindrance, Outcome, outcome_of
from openletter.report.recheck.permission import Permission, permission
from openletter.scope.address import Interval
from openletter.scope.exclusion import gather_exclusions
from openletter.store.error import StoreError
from openletter.subscriber.directory import Directory
from openletter.tls.trust import Trust
from openletter.web.settings import WebSettings
from openletter.web.today import Today

_log = logging.getLogger("openletter.web")

Ended = Callable[[Recheck, Outcome], None]


class Rechecking:
    """Of one process; the ledger in the store keeps all of them to one pace."""

    def __init__(self, settings: WebSettings, today: Today, ended: Ended) -> None:
        """``ended`` is told of each look that came to its end, in the thread that carried it out."""
        self._root = settings.store
        self._roots = settings.roots
        self._exclude = settings.exclude
        self.today = today
        self.directory = Directory(settings.store)
        self._ended = ended
        self.ledger = RecheckLedger(settings.store, clock=today.now)
        self._executor = ThreadPoolExecutor(MOST_OPEN, thread_name_prefix="recheck")
        self._lock = threading.Lock()
        self._under_way: set[Asking] = set()
        self._closed = False

    @cached_property
    def _trust(self) -> Trust:
        return Trust(extra_pem=self._roots)

    @cached_property
    def _excluded(self) -> Sequence[Interval]:
        return gather_exclusions(files=self._exclude).intervals

    def permission(self, finding: Finding) -> Permission:
        """Reads the opt-out list anew. Raises ScopeError where a file of exclusions cannot be read."""
        return permission(
            self._root,
            finding.record.plan,
            endpoint_of(finding.detail.verdict),
            self.today.date(),
            self._excluded,
        )

    def begin(self, finding: Finding, allowed: Permission) -> tuple[Recheck, "Future[None]"] | Wait:
        """Ask an endpoint, where it is allowed and its turn: what was begun, and when that has ended. Raises StoreError."""
        assert allowed.gate is not None
        row = finding.detail.verdict
        asking = Asking(finding.record.plan, endpoint_of(row), allowed.gate)
        claimed = self.ledger.claim(finding.subscriber.id, row.ip, row.port, row.host, finding.record.id)
        if isinstance(claimed, Wait):
            return claimed
        with self._lock:
            self._under_way.add(asking)
            if self._closed:
                asking.stop()
            future = self._executor.submit(self._carry_out, finding, asking, claimed)
        return claimed, future

    def _carry_out(self, finding: Finding, asking: Asking, claimed: Recheck) -> None:
        outcome = Outcome.NOT_ASKED
        try:
            outcome = self._ask(finding, asking, claimed)
        except StoreError as error:
            # Nothing can be written down, so the look has no end; its page says so when its time is over.
            _log.error("%s", error)
        except Exception as error:
            _log.error("asking an endpoint again", exc_info=error)
            try:
                self.ledger.give_up(claimed, Hindrance.FAULT)
            except StoreError as second:
                _log.error("%s", second)
        finally:
            with self._lock:
                self._under_way.discard(asking)
        self._ended(claimed, outcome)

    def _ask(self, finding: Finding, asking: Asking, claimed: Recheck) -> Outcome:
        before = finding.detail.verdict
        try:
            evidence = asking.run()
        except OutOfResourcesError:
            self.ledger.give_up(claimed, Hindrance.NO_CONNECTION)
            return Outcome.NOT_ASKED
        if evidence is None:
            self.ledger.give_up(claimed, Hindrance.STOPPED if asking.stopped else Hindrance.LEFT_OUT)
            return Outcome.NOT_ASKED
        verdict = judged(evidence, before, self._trust)
        outcome = outcome_of(before, verdict, finding.subscriber)
        self.ledger.end(claimed, outcome, verdict, evidence)
        return outcome

    def close(self) -> None:
        """Give up what is under way, and wait for that."""
        with self._lock:
            self._closed = True
            for asking in self._under_way:
                asking.stop()
        self._executor.shutdown(wait=True)
        self.directory.close()
