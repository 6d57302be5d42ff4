"""The sixty columns of the eight reports, in their order: the same in all of them, and where each one's value is from."""

from enum import StrEnum
from typing import Any

import msgspec
import pyarrow as pa


class Source(StrEnum):
    OBSERVATION = "observation"
    VERDICT = "verdict"
    PLACE = "place"
    """Data of countries and networks, or the survey's scope."""
    NAME = "name"
    OWNER = "owner"
    """A user's own file of sectors."""
    SESSION = "session"
    """The TLS session in which the dialogue went on."""
    CERTIFICATE = "certificate"
    """The leaf of that session."""
    CONSTANT = "constant"


class Form(StrEnum):
    """What stands in a cell."""

    TEXT = "text"
    """Few distinct ones: words, and what is told of certificates."""
    OWN = "own"
    """A text that nearly every row has for itself."""
    NUMBER = "number"


class ReportColumn(msgspec.Struct, frozen=True):
    name: str
    source: Source
    form: Form = Form.TEXT


_ATTRIBUTES = (
    "business_category",
    "common_name",
    "country",
    "email_address",
    "given_name",
    "locality_name",
    "organization_name",
    "organization_unit_name",
    "postal_code",
    "serial_number",
    "state_or_province_name",
    "street_address",
    "surname",
)
"""Of :class:`openletter.tls.distinguished_name.DistinguishedName`, in the reports' order."""

_CERTIFICATE = Source.CERTIFICATE

COLUMNS: tuple[ReportColumn, ...] = (
    ReportColumn("timestamp", Source.OBSERVATION, Form.OWN),
    ReportColumn("severity", Source.VERDICT),
    ReportColumn("ip", Source.OBSERVATION, Form.OWN),
    ReportColumn("protocol", Source.CONSTANT),
    ReportColumn("port", Source.OBSERVATION, Form.NUMBER),
    ReportColumn("hostname", Source.NAME, Form.OWN),
    ReportColumn("tag", Source.VERDICT),
    ReportColumn("asn", Source.PLACE, Form.NUMBER),
    ReportColumn("geo", Source.PLACE),
    ReportColumn("region", Source.PLACE),
    ReportColumn("city", Source.PLACE),
    ReportColumn("naics", Source.OWNER, Form.NUMBER),
    ReportColumn("hostname_source", Source.NAME),
    ReportColumn("sector", Source.OWNER),
    ReportColumn("banner", Source.OBSERVATION),
    ReportColumn("cert_expiration_date", _CERTIFICATE),
    ReportColumn("cert_expired", Source.VERDICT),
    ReportColumn("cert_issue_date", _CERTIFICATE),
    ReportColumn("cert_length", _CERTIFICATE, Form.NUMBER),
    ReportColumn("cert_serial_number", _CERTIFICATE),
    ReportColumn("cert_valid", Source.VERDICT),
    ReportColumn("cipher_suite", Source.SESSION),
    ReportColumn("handshake", Source.SESSION),
    *(ReportColumn(f"issuer_{attribute}", _CERTIFICATE) for attribute in _ATTRIBUTES),
    ReportColumn("jarm", Source.CONSTANT),
    ReportColumn("key_algorithm", _CERTIFICATE),
    ReportColumn("md5_fingerprint", _CERTIFICATE),
    ReportColumn("self_signed", _CERTIFICATE),
    ReportColumn("sha1_fingerprint", _CERTIFICATE),
    ReportColumn("sha256_fingerprint", _CERTIFICATE),
    ReportColumn("sha512_fingerprint", _CERTIFICATE),
    ReportColumn("signature_algorithm", _CERTIFICATE),
    ReportColumn("ssl_version", _CERTIFICATE, Form.NUMBER),
    ReportColumn("sslv3_supported", Source.SESSION),
    *(ReportColumn(f"subject_{attribute}", _CERTIFICATE) for attribute in _ATTRIBUTES),
    ReportColumn("validation_level", _CERTIFICATE),
)
"""``protocol`` is ``tcp`` in each row, and ``jarm`` is empty: that fingerprint takes ten handshakes, and a survey makes one."""

NAMES = tuple(column.name for column in COLUMNS)

WORDS: Any = pa.dictionary(pa.int32(), pa.string())
_ARROW = {Form.TEXT: WORDS, Form.OWN: pa.string(), Form.NUMBER: pa.int64()}

KEYS: tuple[Any, ...] = (
    pa.field("type", WORDS, nullable=False),
    pa.field("day", pa.date32(), nullable=False),
    pa.field("ip_sort", pa.binary(16), nullable=False),
    pa.field("host", pa.string(), nullable=False),
    pa.field("key", pa.string(), nullable=False),
    pa.field("mode", WORDS, nullable=False),
    pa.field("evidence", WORDS, nullable=False),
    pa.field("clause", WORDS),
    pa.field("network_name", WORDS),
    pa.field("product", WORDS),
    pa.field("product_version", WORDS),
    pa.field("product_certainty", WORDS),
)
"""What stands beside the sixty and in none of the eight reports: of which type and of which day (UTC) the row is, by what it is
sorted, the name that was asked for, and a word for the endpoint that is the same in every survey: ``192.0.2.1:143``, with
``/name`` behind it where a name was asked for; of the verdict the grade of evidence and the clause, how TLS begins on that port
(``Mode``), the name of the autonomous system, and the product with its version and how sure that is."""

SCHEMA: Any = pa.schema([*(pa.field(column.name, _ARROW[column.form]) for column in COLUMNS), *KEYS])
"""A ``pyarrow.Schema``; nothing is null, and no text is empty."""
