"""Endpoints with all that is known of them, as a flat table: the verdict, and beside it country, network, name, product and
certificate. A row for each row of the verdicts, in their order; who reads verdicts can read this.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import pyarrow as pa

from openletter.store.columns import ASN, SECONDS, TEXT, WORD, Kind, enumeration
from openletter.verdict import verdict_table


class CountrySource(StrEnum):
    SCOPE = "scope"
    """The survey's scope labelled the address: that wins."""
    DATA = "data"
    NONE = ""


class HostnameSource(StrEnum):
    GIVEN = "given"
    """The survey was asked for this name."""
    PTR = "ptr"
    """What the address's owner has put into the reverse zone of DNS."""
    CERTIFICATE = "certificate"
    """The first name for which the leaf certificate was made that can be one of a host."""
    NONE = ""


ADDED: dict[str, Kind] = {
    "country_source": enumeration(CountrySource),
    "region": WORD,
    "city": WORD,
    "asn": ASN,
    "network_name": WORD,
    "hostname": TEXT,
    "hostname_source": enumeration(HostnameSource),
    "sector": WORD,
    "naics": WORD,
    "product": WORD,
    "product_version": WORD,
    "product_certainty": WORD,
    "tls_version": WORD,
    "cipher": WORD,
    "certificate": TEXT,
    "cert_issuer": WORD,
    "cert_key": WORD,
    "cert_signature": WORD,
    "cert_not_after": SECONDS,
}
"""What comes to the columns of the verdict table, in which ``country`` is the enriched one. Unknown is empty, of ``asn`` 0.

``asn``, ``network_name``   the autonomous system that announces the address
``sector``, ``naics``       of the network's owner, from a user's file
``product``                 a :class:`openletter.enrich.product.Product`, empty where none was recognised, with its version
                            and how sure that is
``tls_version``, ``cipher``  of the session in which the dialogue went on; ``TLSv1.3``, and the suite's IANA name
``certificate``             SHA-256 of that session's leaf, lower-case hex
``cert_issuer``             organisation of its issuer, else the common name, unless that names a host: printable, a stranger's
                            words
``cert_key``                ``RSA 2048``, ``EC P-256``
``cert_signature``          OpenSSL's name of the algorithm
``cert_not_after``          Unix seconds, null where there is no leaf or no date in it
"""

NULLABLE = frozenset({"cert_not_after"})

SCHEMA: Any = pa.schema(
    [
        *verdict_table.SCHEMA,
        *(pa.field(name, kind.arrow, nullable=name in NULLABLE) for name, kind in ADDED.items()),
    ],
    metadata={**verdict_table.SCHEMA.metadata, b"openletter.endpoints": b"1"},
)
"""A ``pyarrow.Schema``."""


def to_table(verdicts: Any, country: Any, added: Mapping[str, Any]) -> Any:
    """A ``pyarrow.Table`` of this schema: a table of verdicts, the enriched country of each row, and an array for each of
    ``ADDED``."""
    columns = [
        country if field.name == "country" else verdicts.column(field.name) for field in verdict_table.SCHEMA
    ]
    columns += [added[name] for name in ADDED]
    # The rules' version is that of the verdicts at hand, which may be older than this program's.
    metadata = {**SCHEMA.metadata, **(verdicts.schema.metadata or {})}
    return pa.Table.from_arrays(columns, schema=SCHEMA.with_metadata(metadata))
