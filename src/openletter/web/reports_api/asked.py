"""What a method is given: who asks, for what, and the parts of the server that answer it."""

from datetime import UTC, date, datetime

import msgspec
from starlette.requests import Request

from openletter.subscriber.subscriber import Subscriber
from openletter.web.audit import Event
from openletter.web.reports_api.days import Days, read_days
from openletter.web.reports_api.parts import Parts
from openletter.web.reports_api.request_body import Fields, text


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A request whose signature is right."""

    request: Request
    parts: Parts
    subscriber: Subscriber
    key: str
    fields: Fields

    @property
    def today(self) -> date:
        return datetime.now(UTC).date()

    def days(self) -> Days | None:
        """None where no ``date`` is asked for. Raises BadRequestError."""
        given = text(self.fields, "date")
        return read_days(given, self.today) if given else None


def client_address(request: Request) -> str:
    return request.client.host if request.client else ""


def note(parts: Parts, event: Event, request: Request, **values: str) -> None:
    """In the audit log."""
    parts.audit.write(event, client=client_address(request), **values)
