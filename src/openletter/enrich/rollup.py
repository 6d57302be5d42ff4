"""Roll-ups of an enriched survey, beside those of every survey (:mod:`openletter.verdict.rollup`); no endpoint without an
answer is counted in any of them.

asns.parquet          a row for each network (AS) and country, with how many hosts and endpoints; AS 0 are the addresses that
                      no data set knows. ``hosts_…`` counts a host that is so on either protocol, and as unknown where it is
                      unknown on one and wide on none; a host is an address
products.parquet      a row for each product (empty: not recognised), country, protocol, class, strict, wide, with how many
                      (``n``) endpoints
findings.parquet      a row for each finding with its severity, country and protocol
tls.parquet           a row for each version and cipher (both empty: no TLS session), country, protocol and mode
certificates.parquet  a row for each issuer, key and signature algorithm, with the endpoints (``n``) that show such leaves
                      and how many different ``leaves``
"""

from openletter.verdict.modifiers import MODIFIERS
from openletter.verdict.rollup import HOST_COLUMNS
from openletter.verdict.rollup import QUESTIONS as OF_EVERY_SURVEY

ASNS = "asns.parquet"
PRODUCTS = "products.parquet"
FINDINGS = "findings.parquet"
TLS = "tls.parquet"
CERTIFICATES = "certificates.parquet"

_ANSWERED = "class <> 'unreachable'"
_SEVERITIES = " ".join(f"WHEN '{modifier.name}' THEN '{modifier.severity}'" for modifier in MODIFIERS)

QUESTIONS = {
    ASNS: f"""
SELECT asn, any_value(network_name) AS network_name, country,
       count(*) FILTER (WHERE pop3_answered OR imap_answered) AS hosts_answered,
       count(*) FILTER (WHERE (pop3_unknown OR imap_unknown) AND NOT pop3_wide AND NOT imap_wide) AS hosts_unknown,
       count(*) FILTER (WHERE pop3_strict OR imap_strict) AS hosts_strict,
       count(*) FILTER (WHERE pop3_wide OR imap_wide) AS hosts_wide,
       count(*) FILTER (WHERE pop3_answered) AS pop3_answered,
       count(*) FILTER (WHERE pop3_strict) AS pop3_strict,
       count(*) FILTER (WHERE pop3_wide) AS pop3_wide,
       count(*) FILTER (WHERE imap_answered) AS imap_answered,
       count(*) FILTER (WHERE imap_strict) AS imap_strict,
       count(*) FILTER (WHERE imap_wide) AS imap_wide,
       sum(endpoints)::BIGINT AS endpoints
FROM (SELECT {HOST_COLUMNS}, any_value(asn) AS asn, any_value(network_name) AS network_name,
             count(*) FILTER (WHERE {_ANSWERED}) AS endpoints FROM verdict GROUP BY ip_sort)
GROUP BY asn, country HAVING sum(endpoints) > 0 ORDER BY asn, country
""",  # noqa: S608 - our own words
    PRODUCTS: f"""
SELECT product, country, protocol, class, strict, wide, count(*) AS n
FROM verdict WHERE {_ANSWERED} GROUP BY ALL ORDER BY ALL
""",  # noqa: S608 - our own words
    FINDINGS: f"""
SELECT finding, country, protocol, CASE finding {_SEVERITIES} ELSE '' END AS severity, count(*) AS n
FROM (SELECT unnest(findings) AS finding, country, protocol FROM verdict WHERE {_ANSWERED})
GROUP BY ALL ORDER BY ALL
""",  # noqa: S608 - our own words
    TLS: f"""
SELECT tls_version, cipher, country, protocol, mode, count(*) AS n
FROM verdict WHERE {_ANSWERED} GROUP BY ALL ORDER BY ALL
""",  # noqa: S608 - our own words
    CERTIFICATES: """
SELECT cert_issuer, cert_key, cert_signature, count(*) AS n, count(DISTINCT certificate) AS leaves
FROM verdict WHERE certificate <> '' GROUP BY ALL ORDER BY ALL
""",
}
"""SQL over ``verdict``, the endpoint tables, by the file that its answer is kept in."""

ALL_QUESTIONS = {**OF_EVERY_SURVEY, **QUESTIONS}
