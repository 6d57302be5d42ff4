"""What is written down of each look at an endpoint that an owner asked for."""

from openletter.report.recheck.ledger import Recheck
from openletter.report.recheck.outcome import Outcome
from openletter.web.audit import AuditLog, Event
from openletter.web.rechecking import Ended


def _endpoint(of: Recheck) -> str:
    where = f"[{of.ip}]:{of.port}" if ":" in of.ip else f"{of.ip}:{of.port}"
    return f"{where} {of.host}" if of.host else where


def note_begin(audit: AuditLog, begun: Recheck, client: str) -> None:
    audit.write(
        Event.FINDING_ASKED, endpoint=_endpoint(begun), subscriber=str(begun.subscriber_id), client=client
    )


def noting(audit: AuditLog) -> Ended:
    """What is to be told of each end."""

    def ended(recheck: Recheck, outcome: Outcome) -> None:
        audit.write(
            Event.FINDING_SEEN,
            endpoint=_endpoint(recheck),
            subscriber=str(recheck.subscriber_id),
            outcome=outcome,
        )

    return ended
