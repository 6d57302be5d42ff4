"""What was done with the server, a line of JSON each: ``audit.jsonl`` in the store's folder, for its owner alone.

No secret stands in it. What strangers choose (names of accounts, addresses) is escaped, so that a line stays a line and
a terminal shows text.
"""

import json
import logging
import os
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from openletter.store.store import MANIFEST

FILE = "audit.jsonl"
_MAX_VALUE = 256
"""Characters of a value."""

_log = logging.getLogger("openletter.web")


class Event(StrEnum):
    LOGGED_IN = "logged in"
    LOGIN_FAILED = "log-in failed"
    LOGIN_THROTTLED = "log-in throttled"
    LOGGED_OUT = "logged out"
    ACCOUNT_ADDED = "account added"
    ACCOUNT_REMOVED = "account removed"
    PASSWORD_CHANGED = "password changed"  # noqa: S105 - the name of an event
    TOKEN_MADE = "token made"  # noqa: S105
    TOKENS_REVOKED = "tokens revoked"
    DOWNLOADED = "downloaded"
    REPORTS_API = "reports api"
    REPORTS_API_REFUSED = "reports api refused"
    REPORT_DOWNLOADED = "report downloaded"
    FINDING_ASKED = "finding asked again"
    FINDING_SEEN = "finding seen again"


class AuditLog:
    def __init__(self, folder: Path) -> None:
        self.path = folder.absolute() / FILE

    def write(self, event: Event, **values: str) -> None:
        """One line, where there is a store. A full disk does not stop the server; it is said in the server's own log."""
        if not (self.path.parent / MANIFEST).exists():
            return
        line = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": str(event)}
        line.update({name: value[:_MAX_VALUE] for name, value in values.items() if value})
        octets = (json.dumps(line, ensure_ascii=True) + "\n").encode()
        try:
            opened = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.write(opened, octets)
            finally:
                os.close(opened)
        except OSError as error:
            _log.error("%s: %s", self.path, error.strerror)
