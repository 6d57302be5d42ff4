"""The operators' pages over HTTP: the list of endpoints, one endpoint, search."""

import json
import re
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from starlette.testclient import TestClient

from openletter.enrich.product import Product
from openletter.remedy.wording import CATALOGUES
from openletter.store.retention import prune
from openletter.store.store import Store
from openletter.verdict.classes import Class
from openletter.web.app import create_app
from openletter.web.settings import WebSettings

HTML = {"Accept": "text/html"}
JAPANESE = {**HTML, "Accept-Language": "ja"}


def shown(html: str) -> str:
    """The text of a page, an escape between ⟦ and ⟧."""
    html = re.sub(r'<span class="escape">(.*?)</span>', r"⟦\1⟧", html)
    return " ".join(unescape(re.sub(r"<[^>]*>", "", html)).split())


def rows_of(html: str) -> list[str]:
    """The endpoints of the table of a page, as their links name them."""
    return re.findall(r'<th scope="row"><a href="(/endpoint/[^"?]*)', html)


def truth(served: Any, **words: object) -> list[str]:
    """The same by the API, which is tested by itself."""
    query = urlencode({"limit": 1000, **words})
    found = served.operator.get(f"/api/v1/surveys/latest/endpoints?{query}").json()["endpoints"]
    return [f"/endpoint/{row['ip']}/{row['port']}" for row in found]


def test_pages_are_for_operators(served: Any) -> None:
    """Everybody could read where the weak servers are."""
    for address in ("/endpoints", "/endpoints.csv", "/endpoint/11.0.0.1/143", "/search?q=11.0.0.1"):
        away = served.public.get(address, headers=HTML, follow_redirects=False)
        assert away.status_code == 303
        assert away.headers["location"].startswith("/login?next=")
        assert served.subscriber.get(address, headers=HTML).status_code == 403
        assert served.operator.get(address, headers=HTML).status_code == 200


@pytest.mark.parametrize(
    "words",
    [
        {"class": "no_tls"},
        {"country": "DE", "wide": "true"},
        {"country": "ZZ"},
        {"network": "11.3.0.0/24"},
        {"network": "2a00:11::/32"},
        {"asn": "64500", "protocol": "pop3"},
        {"finding": "cert_expired", "port": "993"},
        {"product": "cyrus", "strict": "true"},
        {"text": "MAIL3", "evidence": "advertised"},
        {"severity": "low", "sort": "country"},
        {"text": "script"},
    ],
    ids=str,
)
def test_each_condition_holds_for_every_row(served: Any, words: dict[str, str]) -> None:
    """A filter that leaves one out is a server that nobody mends; one that does nothing is a wrong table."""
    address = f"/endpoints?{urlencode({**words, 'limit': 1000, 'survey': ''})}"
    answer = served.operator.get(address, headers=HTML)
    assert answer.status_code == 200
    found = rows_of(answer.text)
    assert found == truth(served, **words)
    assert 0 < len(found) < len(truth(served))
    for name, value in words.items():
        if name in ("text", "network", "asn", "port"):
            assert re.search(rf'name="{name}" value="{re.escape(value)}"', answer.text), "the form forgets"
        else:
            assert f'<option value="{value}" selected>' in answer.text


def test_the_address_of_a_filter_can_be_shared(served: Any) -> None:
    """A form sends its empty fields too; the address in a mail would be three lines of nothing."""
    sent = "/endpoints?text=&network=&country=&class=no_tls&wide=true&port=%20&survey=&sort=address"
    kept = "/endpoints?class=no_tls&wide=true"
    away = served.operator.get(sent, headers=HTML, follow_redirects=False)
    assert (away.status_code, away.headers["location"]) == (303, kept)
    scripted = served.operator.get(sent, headers={**HTML, "HX-Request": "true"})
    assert scripted.headers["hx-push-url"] == kept
    assert rows_of(scripted.text) == rows_of(served.operator.get(kept, headers=HTML).text)


def test_next_page_leads_to_the_end(served: Any) -> None:
    """Some endpoints would be on no page, and a shared address would show others than it did."""
    address = "/endpoints?wide=true&sort=severity&limit=40"
    found: list[str] = []
    while address:
        answer = served.operator.get(address, headers=HTML)
        found += rows_of(answer.text)
        following = re.search(r'<a href="([^"]*)" rel="next"', answer.text)
        address = unescape(following[1]) if following else ""
    assert found == truth(served, wide="true", sort="severity")


def test_downloads_are_of_the_same_filter(served: Any) -> None:
    """The file would hold more, or less, than the page that it was fetched from."""
    page = served.operator.get("/endpoints?class=tls_optional&country=PL&limit=3&sort=country", headers=HTML)
    links = [unescape(link) for link in re.findall(r'<a href="(/endpoints\.[^"]*)" download', page.text)]
    assert [urlsplit(link).path for link in links] == [
        "/endpoints.csv",
        "/endpoints.jsonl",
        "/endpoints.parquet",
    ]
    for link in links:
        assert parse_qs(urlsplit(link).query) == {"class": ["tls_optional"], "country": ["PL"]}
        assert served.operator.get(link).status_code == 200
    lines = served.operator.get(links[1]).text.splitlines()
    expected = truth(served, **{"class": "tls_optional", "country": "PL"})
    assert [f"/endpoint/{row['ip']}/{row['port']}" for row in map(json.loads, lines)] == expected


@pytest.mark.parametrize("headers", [HTML, JAPANESE], ids=["en", "ja"])
@pytest.mark.parametrize(
    "query",
    [
        "port=99999",
        "network=nowhere",
        "class=nosuch",
        "after=nonsense",
        "limit=0",
        "country=japan",
        "text=a%00b",
        "text=%E2%80%AE",
        "nosuch=1",
        "port=1&port=2",
        "text=" + "a" * 5_000,
    ],
)
def test_what_is_wrong_with_a_filter_is_said_beside_it(
    served: Any, query: str, headers: dict[str, str]
) -> None:
    """A typing error would be an error page, or a list of everything."""
    answer = served.operator.get(f"/endpoints?class=no_tls&{query}", headers=headers)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert '<form class="endpoint-filter"' in answer.text
    assert not rows_of(answer.text)


def test_an_endpoint_is_told_in_full(served: Any) -> None:
    """An operator could not say to an owner what is wrong, on what evidence, and how it is mended."""
    answer = served.operator.get("/endpoint/11.0.0.1/143", headers=HTML)
    record = served.operator.get("/api/v1/endpoints/11.0.0.1/143").json()
    text = shown(answer.text)
    words = CATALOGUES["en"]
    told = record["endpoint"]
    about = words.classes[Class(told["class"])]
    for sentence in (about.title, about.crosses, about.passive, about.active, about.law):
        assert sentence in text
    for clause in told["clause"].split(", "):
        number, section = clause.split(" ")[1:]
        assert f"rfc{number}#section-{section.removeprefix('§')}" in answer.text
    for step in told["remedy"]:
        assert step["text"] in text
        for change in step["changes"]:
            for line in change["lines"]:
                assert line in text
    for certificate in record["chain"]:
        assert certificate["sha256"] in text
    assert text.count("2026") >= 3
    for port in (110, 993, 995):
        assert f'href="/endpoint/11.0.0.1/{port}"' in answer.text


@pytest.mark.parametrize("headers", [HTML, JAPANESE], ids=["en", "ja"])
def test_every_class_has_a_page(served: Any, headers: dict[str, str]) -> None:
    """An endpoint of a rare class would be an error page."""
    seen = set()
    for cls in Class:
        for address in truth(served, **{"class": cls.value})[:2]:
            answer = served.operator.get(address, headers=headers)
            assert answer.status_code == 200, (cls, address)
            assert CATALOGUES["ja" if headers is JAPANESE else "en"].classes[cls].title in shown(answer.text)
            seen.add(cls)
    assert len(seen) > 6


def test_what_a_server_says_is_shown_and_does_nothing(served: Any) -> None:
    """A banner would run in the operator's browser, colour a terminal that it is copied to, or turn the line about."""
    hostile = '<script>alert("x")</script>\' " ⟦\\x00⟧ ⟦\\x1b⟧[31m ⟦\\u202e⟧evil ready'
    met = 0
    for address in truth(served, port=143):
        answer = served.operator.get(address, headers=HTML)
        assert not set("\x00\x1b\u202e") & set(answer.text)
        assert "<script>alert" not in answer.text
        assert "&lt;script&gt;alert" in answer.text or "AS64500" not in answer.text
        met += hostile in shown(answer.text)
        if met > 2:
            break
    assert met > 2


def test_an_endpoint_that_was_not_asked_is_not_there(served: Any) -> None:
    """A misspelt address would be the page of another server, or a fault."""
    for address in (
        "/endpoint/203.0.113.9/143",
        "/endpoint/11.0.0.1/25",
        "/endpoint/nowhere/143",
        "/endpoint/11.0.0.1/143?host=other.example",
        "/endpoint/11.0.0.1/143?survey=20260101T000000Z-0000",
    ):
        assert served.operator.get(address, headers=HTML).status_code == 404, address
    for address in ("/endpoint/11.0.0.1/99999", "/endpoint/11.0.0.1/143?x=1", "/endpoint/11.0.0.1%00/143"):
        assert served.operator.get(address, headers=HTML).status_code == 400, address


def test_an_earlier_survey_has_its_own_page(served: Any) -> None:
    """The past would be shown as the present."""
    first = served.world.surveys[0]
    answer = served.operator.get(f"/endpoint/2a00:11::1/143?survey={first}", headers=HTML)
    assert "[2a00:11::1]:143" in shown(answer.text)
    assert f'href="/endpoint/2a00:11::1/110?survey={first}"' in answer.text
    assert "March 1, 2026" in shown(answer.text)


@pytest.mark.parametrize(
    ("text", "taken", "filtered"),
    [
        ("11.0.0.1", "as an address", {"network": "11.0.0.1"}),
        ("[2a00:11::1]", "as an address", {"network": "2a00:11::1"}),
        ("11.3.0.0/16", "as a network of addresses", {"network": "11.3.0.0/16"}),
        ("as 64502", "as the number of an autonomous system", {"asn": "64502"}),
        ("mail3.example", "as part of a name", {"text": "mail3.example"}),
    ],
)
def test_search_finds_what_the_filter_finds(
    served: Any, text: str, taken: str, filtered: dict[str, str]
) -> None:
    """The box would say that a server is not there which is."""
    answer = served.operator.get(f"/search?{urlencode({'q': text})}", headers=HTML)
    assert answer.status_code == 200
    assert f"Taken {taken}" in shown(answer.text)
    expected = truth(served, **filtered)
    assert expected
    assert rows_of(answer.text) == expected[:25]
    all_of_them = re.search(r'<a href="(/endpoints\?[^"]*)"', answer.text)
    assert all_of_them is not None
    again = served.operator.get(f"{unescape(all_of_them[1])}&limit=1000", headers=HTML)
    assert rows_of(again.text) == expected


def test_what_can_be_read_two_ways_is_said(served: Any) -> None:
    """Half an address would be looked for among names, and found nowhere."""
    half = served.operator.get("/search?q=11.3", headers=HTML)
    assert "/search?q=11.3.0.0%2F16" in half.text
    number = served.operator.get("/search?q=64502", headers=HTML)
    assert "/search?q=AS64502" in number.text


def test_a_search_that_cannot_be_says_why(served: Any) -> None:
    """An empty page would be taken for an answer."""
    for query in ("q=%00", "q=" + "a" * 400, "q=a&q=b", "nosuch=1"):
        answer = served.operator.get(f"/search?{query}", headers=HTML)
        assert answer.status_code == 400
        assert 'role="alert"' in answer.text
    assert served.operator.get("/search", headers=HTML).status_code == 200


def _of(root: Path) -> TestClient:
    app = create_app(WebSettings(store=root))
    return TestClient(app, base_url="http://127.0.0.1:8080", client=("127.0.0.1", 1), headers=HTML)


def test_before_the_first_survey(empty_world: Any) -> None:
    """A new installation would look broken."""
    with _of(empty_world.root) as client:
        for address in ("/endpoints", "/search?q=x", "/endpoint/192.0.2.1/143"):
            assert client.get(address).status_code == 200
        assert client.get("/endpoints.csv").status_code == 404


def test_a_survey_that_was_not_enriched(bare_world: Any) -> None:
    """Without networks and products there would be no list at all."""
    with _of(bare_world.root) as client:
        page = client.get("/endpoints?port=143")
        assert page.status_code == 200
        assert 'name="asn"' not in page.text
        assert len(rows_of(page.text)) == 50
        assert client.get(rows_of(page.text)[0]).status_code == 200
        assert client.get("/search?q=mail").status_code == 200
        refused = client.get(f"/endpoints?product={Product.DOVECOT}")
        assert refused.status_code == 400
        assert "openletter enrich" in shown(refused.text)


def test_of_a_pruned_survey_it_is_said(make_world: Any, tmp_path: Path) -> None:
    """ "No endpoint fits" would be a lie."""
    first, _ = make_world(tmp_path / "store", 2)
    with Store(tmp_path / "store") as store:
        prune(store, keep=1)
    with _of(tmp_path / "store") as client:
        listed = client.get(f"/endpoints?survey={first}")
        assert listed.status_code == 400
        assert "pruned" in shown(listed.text)
        assert client.get(f"/endpoint/11.0.0.1/143?survey={first}").status_code == 404
        assert client.get(f"/endpoints.csv?survey={first}").status_code == 404
        assert "pruned" in shown(client.get(f"/search?q=11.0.0.1&survey={first}").text)
