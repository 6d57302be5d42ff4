"""What the readers of ``bench/web.py`` walk through: pages, their charts and the API, with things of the store on them."""

import html
import re
import urllib.request
from pathlib import Path
from typing import Any

import msgspec

from openletter.store.file_set import Kind
from openletter.store.files import read_table
from openletter.store.store import Store
from web_readers import Page

EXAMPLES = 24
"""Endpoints, and at most so many networks and countries, that are looked at now and then. All are asked for once before
anything is measured: what is wanted is wanted of pages that somebody has looked at since the start."""
PRODUCTS = ("dovecot", "courier", "exchange", "cyrus")
QUESTIONS = (
    "overview",
    "countries",
    "networks",
    "products",
    "classes",
    "severities",
    "findings",
    "league",
)
LANGUAGES = ("en", "ja")


class Examples(msgspec.Struct, frozen=True):
    """What the store has to show on the pages of one thing."""

    endpoints: list[tuple[str, int]]
    """Exposed ones from all over the world: people look at now this and now that one."""
    networks: list[int]
    countries: list[str]
    before: str
    """Two surveys that are compared: the first and the last."""
    after: str


def examples(root: Path) -> Examples:
    found: list[dict[str, Any]] = []
    with Store(root) as store:
        judged = [record for record in store.surveys() if record.verdicts]
        full = [record for record in judged if store.current(Kind.OBSERVATIONS, record.id)][-1]
        files = store.endpoint_files(full)
        for path in files:
            table = read_table(path, ["ip", "port", "asn", "country", "wide"])
            table = table.filter(table.column("wide"))
            every = max(1, len(files) * table.num_rows // EXAMPLES)
            found += table.take(list(range(0, table.num_rows, every))).to_pylist()
    found = found[:: max(1, len(found) // EXAMPLES)]
    return Examples(
        endpoints=[(row["ip"], row["port"]) for row in found],
        networks=list(dict.fromkeys(row["asn"] for row in found)),
        countries=list(dict.fromkeys(row["country"] for row in found)),
        before=judged[0].id,
        after=judged[-1].id,
    )


def _page(name: str, addresses: list[str], **more: Any) -> Page:
    return Page(name=name, address=addresses[0], others=tuple(addresses[1:]), port=0, **more)


def _shared(of: Examples) -> list[Page]:
    """Pages that everybody may see."""
    return [
        _page("/", ["/"], headline=True),
        _page("/map", ["/map"]),
        _page("/map by rate", ["/map?by=rate"]),
        _page("/countries", ["/countries"]),
        _page("/country", [f"/country/{country}" for country in of.countries], headline=True),
        _page("/networks", ["/networks"]),
        _page("/network", [f"/network/{number}" for number in of.networks]),
        _page("/products", ["/products"]),
        _page("/product", [f"/product/{name}" for name in PRODUCTS]),
        _page("/trend", ["/trend"], names_survey=False),
        _page("/certificates", ["/certificates"]),
        _page("/compare", [f"/compare?before={of.before}&after={of.after}"], names_survey=False),
        _page("/method", ["/method"], names_survey=False),
    ]


def _own(of: Examples) -> list[Page]:
    """Pages of operators."""
    filters = [f"?wide=true&country={country}" for country in of.countries[:10]]
    return [
        _page("/endpoints", ["/endpoints"], names_survey=False),
        _page("/endpoints filtered", [f"/endpoints{one}" for one in filters], names_survey=False),
        _page("/endpoint", [f"/endpoint/{ip}/{port}" for ip, port in of.endpoints], names_survey=False),
        _page("/search", [f"/search?q={ip}" for ip, _ in of.endpoints], names_survey=False),
    ]


def _asked() -> list[Page]:
    """Questions of the API."""
    latest = "/api/v1/surveys/latest"
    return [
        *(_page(f"API {name}", [f"{latest}/{name}"]) for name in QUESTIONS),
        _page("API timeline", [f"{latest}/timeline"], steady=False),
        _page("API surveys", ["/api/v1/surveys"], names_survey=False),
    ]


def _asked_by_operators(of: Examples) -> list[Page]:
    filters = [f"?wide=true&country={country}" for country in of.countries[:10]]
    listed = [f"/api/v1/surveys/latest/endpoints{one}" for one in filters]
    single = [f"/api/v1/endpoints/{ip}/{port}" for ip, port in of.endpoints]
    return [
        _page("API endpoints", listed, steady=False),
        _page("API endpoint", single, names_survey=False),
    ]


def pages(store: Path, operator: int, public: int) -> list[Page]:
    """All that is walked through, without the charts; ``operator`` and ``public`` are ports."""
    of = examples(store)
    found = [(operator, page) for page in (*_shared(of), *_own(of))] + [
        (public, page) for page in _shared(of)
    ]
    in_languages = [
        msgspec.structs.replace(page, port=port, language=language)
        for port, page in found
        for language in LANGUAGES
    ]
    asked = [(operator, page) for page in (*_asked(), *_asked_by_operators(of))]
    asked += [(public, page) for page in _asked()]
    return in_languages + [msgspec.structs.replace(page, port=port) for port, page in asked]


_WITHOUT_SURVEY = ("trend", "persistence", "network", "product", "country")
"""Words in the names of charts that show more than the survey of their address."""


def charts(of: list[Page]) -> list[Page]:
    """The data of the charts that stand in these pages, of the survey that is the latest now."""
    found: dict[tuple[str, int], Page] = {}
    for page in of:
        if page.address.startswith("/api"):
            continue
        request = urllib.request.Request(
            f"http://127.0.0.1:{page.port}{page.address}", headers={"Accept-Language": page.language}
        )
        with urllib.request.urlopen(request) as response:
            body = response.read().decode()
        for source in re.findall(r'data-source="([^"]+)"', body):
            address = html.unescape(source)
            name = "chart " + address.partition("?")[0].removeprefix("/charts/").removesuffix(".json")
            found[address, page.port] = Page(
                name=name,
                address=address,
                port=page.port,
                language=page.language,
                steady=not any(word in name for word in _WITHOUT_SURVEY),
            )
    return list(found.values())
