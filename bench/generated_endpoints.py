"""Enriched endpoints of any number, made by SQL from a seed: what the benchmark of the statistics asks its questions of.

A host has its four ports; eight hosts share a /24, and a /16 is of one network and, nearly always, of one country. What an
endpoint is follows from a hash of its address, so that the same seed makes the same rows, and a survey of another day
differs from it in the few that its own seed changes.
"""

from collections.abc import Iterator
from typing import Any

import duckdb
import pyarrow as pa

HOSTS_OF_A_NETWORK = 8
PART_HOSTS = 65_536
"""Hosts of a file, as compaction cuts them: 262,144 rows."""

_COUNTRIES = [
    "US",
    "US",
    "US",
    "US",
    "US",
    "US",
    "DE",
    "DE",
    "DE",
    "PL",
    "PL",
    "JP",
    "JP",
    "FR",
    "FR",
    "CA",
    "GB",
    "NL",
    "RU",
    "TR",
    "IT",
    "ES",
    "BR",
    "IN",
    "CN",
    "KR",
    "SE",
    "CH",
    "AT",
    "CZ",
]
_CLASSES = [
    "tls_required",
    "tls_required",
    "tls_required",
    "tls_required",
    "tls_optional",
    "tls_optional",
    "tls_optional",
    "tls_optional",
    "no_tls",
    "cleartext_port_open",
    "silent",
    "starttls_broken",
    "challenge_only_no_tls",
    "no_secure_login",
    "unknown_auth",
    "not_mail",
]
_PRODUCTS = [
    "dovecot",
    "dovecot",
    "dovecot",
    "dovecot",
    "courier",
    "cyrus",
    "exchange",
    "exchange",
    "zimbra",
    "hmailserver",
    "",
    "",
]
_CIPHERS = ["TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"]
_WIDE = "('no_tls', 'cleartext_port_open', 'tls_optional', 'challenge_only_no_tls', 'cleartext_on_tls_port')"

_ROWS = f"""
WITH host AS (
  SELECT h, (hash(h, $seed) >> 1)::BIGINT AS x, (hash(h) >> 1)::BIGINT AS y,
         (((1 << 16) + (h // {HOSTS_OF_A_NETWORK}) * $stride) << 8) + 1 + 7 * (h % {HOSTS_OF_A_NETWORK}) AS a
  FROM range($first, $last) t(h)
), place AS (
  SELECT *, (a >> 24) || '.' || (a >> 16 & 255) || '.' || (a >> 8 & 255) || '.' || (a & 255) AS ip,
         (hash(a >> 16) % 60000)::BIGINT AS n FROM host
), row AS (
  SELECT *, port IN (110, 995) AS pop3, port IN (110, 143) AS clear, (hash(y, port) >> 1)::BIGINT AS z,
         $countries[1 + n % len($countries)] AS country
  FROM place, (VALUES (110), (143), (993), (995)) p(port)
), judged AS (
  SELECT *, CASE WHEN z % 10 = 0 THEN 'unreachable' WHEN clear AND x % 50 = 0 THEN 'tls_required'
                 WHEN clear THEN $classes[1 + (z >> 8) % len($classes)] WHEN z % 400 = 1 THEN 'cleartext_on_tls_port'
                 ELSE 'implicit_tls' END AS class FROM row
), known AS (
  SELECT *, class IN {_WIDE} AS wide, class IN ('no_tls', 'cleartext_on_tls_port') AS strict,
         class IN ('silent', 'unknown_auth') AS unknown, class IN ('implicit_tls', 'tls_required', 'tls_optional') AS tls,
         CASE WHEN wide THEN 'medium' WHEN class = 'unreachable' THEN 'none' WHEN unknown THEN 'info' ELSE 'low' END AS severity
  FROM judged
)
SELECT unhex('00000000000000000000ffff' || lpad(hex(a), 8, '0')) AS ip_sort, ip, port::USMALLINT AS port, '' AS host, country,
       CASE WHEN pop3 THEN 'pop3' ELSE 'imap' END AS protocol, CASE WHEN clear THEN 'cleartext' ELSE 'implicit' END AS mode,
       class, severity, severity AS worst,
       unknown, CASE WHEN z % 30 = 2 THEN 'assumed' ELSE 'advertised' END AS evidence,
       CASE WHEN wide THEN 'vulnerable' WHEN class = 'unreachable' THEN 'none' ELSE 'accessible' END AS report, strict, wide,
       'unknown' AS sibling, 'not_asked' AS reason, 'RFC 8314 §4.1' AS clause,
       CASE WHEN tls AND z % 4 = 0 THEN ['cert_self_signed', 'password_guessing_exposed'] WHEN tls AND z % 40 = 1
            THEN ['cert_expired'] WHEN wide THEN ['password_guessing_exposed'] ELSE [] END AS findings,
       'data' AS country_source, '' AS region, '' AS city, n::UINTEGER AS asn, 'Network ' || n || ' Ltd' AS network_name,
       CASE WHEN y % 3 > 0 THEN 'mail' || y % 1000 || '.customer' || h // 4 || '.example' ELSE '' END AS hostname,
       CASE WHEN y % 3 > 0 THEN 'ptr' ELSE '' END AS hostname_source, '' AS sector, '' AS naics,
       CASE WHEN class IN ('unreachable', 'silent') THEN '' ELSE $products[1 + y % len($products)] END AS product,
       '' AS product_version, 'likely' AS product_certainty,
       CASE WHEN NOT tls THEN '' WHEN y % 5 = 0 THEN 'TLSv1.2' WHEN y % 97 = 0 THEN 'TLSv1.0' ELSE 'TLSv1.3' END AS tls_version,
       CASE WHEN tls THEN $ciphers[1 + y % len($ciphers)] ELSE '' END AS cipher,
       CASE WHEN tls THEN sha256((y % $leaves)::VARCHAR) ELSE '' END AS certificate,
       CASE WHEN NOT tls THEN '' WHEN y % $leaves % 3 = 0 THEN 'Let''s Encrypt'
            ELSE 'Authority ' || y % $leaves % 500 END AS cert_issuer,
       CASE WHEN NOT tls THEN '' WHEN y % $leaves % 2 = 0 THEN 'RSA 2048' ELSE 'EC P-256' END AS cert_key,
       CASE WHEN NOT tls THEN '' ELSE 'sha256WithRSAEncryption' END AS cert_signature,
       CASE WHEN tls THEN 1800000000.0 + y % $leaves END AS cert_not_after
FROM known ORDER BY a, port
"""


def address(host: int, hosts: int) -> int:
    """Of a host by its number, as that of IPv4."""
    network, inside = divmod(host, HOSTS_OF_A_NETWORK)
    return ((1 << 16) + network * _stride(hosts) << 8) + 1 + 7 * inside


def _stride(hosts: int) -> int:
    return max(1, ((223 - 1) << 16) // (hosts // HOSTS_OF_A_NETWORK + 1))


def endpoint_parts(rows: int, seed: int, schema: Any) -> Iterator[Any]:
    """A ``pyarrow.Table`` after the other with ``schema``, sorted by address and port; ``rows`` all together, to a host."""
    hosts = max(1, rows // 4)
    with duckdb.connect(":memory:") as database:
        for first in range(0, hosts, PART_HOSTS):
            values = {
                "first": first,
                "last": min(hosts, first + PART_HOSTS),
                "stride": _stride(hosts),
                "seed": seed,
                "countries": _COUNTRIES,
                "classes": _CLASSES,
                "products": _PRODUCTS,
                "ciphers": _CIPHERS,
                "leaves": max(1, hosts // 2),
            }
            table = database.sql(_ROWS, params=values).to_arrow_table()
            yield pa.table([_cast(table.column(field.name), field.type) for field in schema], schema=schema)


def _cast(column: Any, kind: Any) -> Any:
    if pa.types.is_dictionary(kind):
        return column.cast(pa.string()).dictionary_encode().cast(kind)
    return column.cast(kind)
