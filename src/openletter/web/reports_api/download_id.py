"""The id by which a report is read: signed, so that nobody can make one up, and good for a day, so that one in a log is worth
nothing soon. Base64url of

.. code-block:: text

    the report's own id 20 · last second of it 5 (Unix time)
    HMAC-SHA256 of that, its first 17 octets

so 56 characters. The same report has the same id within an hour, in every process and after each start.
"""

import binascii
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode

from openletter.web.secret import Secret

LASTS = 86_400
"""Seconds at least: a client lists once and then reads, however many there are."""
_STEP = 3_600
_ID = 20
_END = 5
_MAC = 17
_LENGTH = 4 * (_ID + _END + _MAC) // 3
_PURPOSE = b"download"


def download_id(secret: Secret, report_id: str, now: float) -> str:
    """``report_id`` of a :class:`~openletter.report.report_index.ReportFile`; ``now``: Unix seconds."""
    end = (int(now) // _STEP + 1) * _STEP + LASTS
    told = bytes.fromhex(report_id) + end.to_bytes(_END)
    return urlsafe_b64encode(told + _mac(secret, told)).decode()


def read_download_id(secret: Secret, given: str, now: float) -> str | None:
    """The report's own id; none for one that this server has not made, and for one that has expired."""
    try:
        octets = urlsafe_b64decode(given.encode("ascii")) if len(given) == _LENGTH else b""
    except (UnicodeEncodeError, binascii.Error):
        octets = b""
    told, mac = octets[: _ID + _END], octets[_ID + _END :]
    # A text that is no Base64 decodes to something else than what encodes to it.
    right = hmac.compare_digest(mac, _mac(secret, told)) and urlsafe_b64encode(octets).decode() == given
    if not right or int.from_bytes(told[_ID:]) < now:
        return None
    return told[:_ID].hex()


def _mac(secret: Secret, told: bytes) -> bytes:
    return secret.mac(_PURPOSE, told)[:_MAC]
