"""Certificates and TLS: versions, ciphers, faults, issuers, keys, signatures."""

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from openletter.report.visible import visible_text
from openletter.statistics.certificate import CertificateCount
from openletter.statistics.question import Certificates
from openletter.statistics.tls import CipherCount, TlsVersionCount
from openletter.web.charts.ranking import counted_bars
from openletter.web.naming import finding_name
from openletter.web.pages.looking import Look, chart_address, look, query_of
from openletter.web.pages.tables import finding_table, number_column
from openletter.web.table import Column, Table, TableQuery, download_of

PATH = "/certificates"
ROWS = 20
MOST = 1_000
"""Issuers: whoever signs a certificate for itself is one of its own."""


def _versions(about: Look, query: TableQuery, rows: Sequence[TlsVersionCount]) -> Table[TlsVersionCount]:
    words = about.words
    return Table(
        name="versions",
        caption=words.text("Endpoints by version of TLS"),
        path=PATH,
        columns=(
            Column[TlsVersionCount](
                key="version",
                title=words.text("Version"),
                value=lambda row: row.version,
                shown=lambda row: row.version or words.text("without TLS"),
            ),
            number_column("endpoints", words.text("Endpoints"), lambda row: row.endpoints),
            number_column("starttls", "STARTTLS, STLS", lambda row: row.starttls),
            number_column("implicit", words.text("TLS from the first byte"), lambda row: row.implicit),
            number_column("pop3", "POP3", lambda row: row.pop3),
            number_column("imap", "IMAP", lambda row: row.imap),
        ),
        rows=rows,
        query=query,
        words=words,
        searchable=False,
        alone=False,
    )


def _ciphers(about: Look, query: TableQuery, rows: Sequence[CipherCount]) -> Table[CipherCount]:
    words = about.words
    return Table(
        name="ciphers",
        caption=words.text("Endpoints by cipher"),
        path=PATH,
        columns=(
            Column[CipherCount](
                key="cipher", title=words.text("Cipher"), value=lambda row: visible_text(row.cipher)
            ),
            Column[CipherCount](key="version", title=words.text("Version"), value=lambda row: row.version),
            number_column("endpoints", words.text("Endpoints"), lambda row: row.endpoints),
        ),
        rows=rows,
        query=query,
        words=words,
        page_rows=ROWS,
        alone=False,
    )


def _certificates(
    about: Look, query: TableQuery, rows: Sequence[CertificateCount], name: str, caption: str, title: str
) -> Table[CertificateCount]:
    words = about.words
    return Table(
        name=name,
        caption=caption,
        path=PATH,
        columns=(
            Column[CertificateCount](
                key=name,
                title=title,
                value=lambda row: row.what,
                shown=lambda row: visible_text(row.what) or words.text("not said"),
            ),
            number_column("certificates", words.text("Certificates"), lambda row: row.certificates),
            number_column("endpoints", words.text("Endpoints"), lambda row: row.endpoints),
        ),
        rows=rows,
        query=query,
        words=words,
        page_rows=ROWS,
        alone=False,
    )


async def certificates(request: Request) -> Response:
    query = query_of(request, TableQuery)
    about = await look(request, query)
    if about.record is None:
        return about.nothing()
    if not about.enriched:
        return about.not_enriched()
    words = about.words
    found: Certificates = await about.ask("certificates", most=MOST)
    tables: list[Table[Any]] = [
        _versions(about, query, await about.ask("tls-versions")),
        _ciphers(about, query, await about.ask("ciphers", most=MOST)),
        finding_table(
            about,
            query,
            found.faults,
            path=PATH,
            caption=words.text("Faults of certificates"),
            alone=False,
        ),
        _certificates(
            about, query, found.issuers, "issuers", words.text("Who signed them"), words.text("Issuer")
        ),
        _certificates(about, query, found.keys, "keys", words.text("Keys"), words.text("Key")),
        _certificates(
            about, query, found.signatures, "signatures", words.text("Signatures"), words.text("Signature")
        ),
    ]
    return download_of(tables) or about.page(
        "certificates.html",
        tables={table.name: table.view() for table in tables},
        versions_source=chart_address(about, "tls-versions"),
        faults_source=chart_address(about, "certificate-faults"),
    )


async def versions_chart(request: Request) -> Response:
    about = await look(request, query_of(request, TableQuery))
    words = about.words
    rows: Sequence[TlsVersionCount] = await about.ask("tls-versions") if about.enriched else ()
    named = [(row.version, row.endpoints, "") for row in rows if row.version]
    return about.chart(counted_bars(named, words.text("endpoints"), words))


async def faults_chart(request: Request) -> Response:
    about = await look(request, query_of(request, TableQuery))
    words = about.words
    rows = (await about.ask("certificates", most=MOST)).faults if about.enriched else ()
    named = [(finding_name(row.finding, words), row.endpoints, "") for row in rows]
    return about.chart(counted_bars(named, words.text("endpoints"), words))


routes = [
    Route(PATH, certificates, name="certificates"),
    Route("/charts/tls-versions.json", versions_chart, name="versions-chart"),
    Route("/charts/certificate-faults.json", faults_chart, name="faults-chart"),
]
