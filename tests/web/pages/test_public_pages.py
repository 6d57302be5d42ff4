"""The public pages, as a reader gets them over HTTP.

What a user loses when these fail: numbers that are wrong, cut off or in the wrong language; a link that leads nowhere; a
name chosen by a stranger that runs in the reader's browser.
"""

import csv
import io
import json
import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from openletter.statistics.country import by_country
from openletter.statistics.database import verdicts_of
from openletter.statistics.overview import overview
from openletter.store.retention import prune
from openletter.store.store import Store
from openletter.web.app import create_app
from openletter.web.settings import WebSettings

PAGES = (
    "/",
    "/map",
    "/map?by=rate&count=strict",
    "/countries",
    "/countries?by=rate",
    "/country/JP",
    "/country/ZZ",
    "/networks",
    "/networks?country=DE",
    "/network/64500",
    "/products",
    "/products?country=US",
    "/product/dovecot",
    "/product/unknown",
    "/trend",
    "/trend?country=JP&on=imap",
    "/certificates",
    "/compare",
    "/method",
)
HTML = {"Accept": "text/html"}
JAPANESE = {**HTML, "Accept-Language": "ja"}


def reader_of(root):
    app = create_app(WebSettings(store=root, public=True))
    return TestClient(app, base_url="http://127.0.0.1:8080", headers=HTML)


@pytest.fixture(scope="module")
def reader(world):
    with reader_of(world.root) as client:
        yield client


@pytest.fixture(scope="module")
def answers(world):
    """What the last survey found."""
    with Store(world.root) as store, verdicts_of(store, store.survey(world.surveys[-1])) as verdicts:
        yield overview(verdicts), by_country(verdicts)


def shown(html):
    """The text of a page."""
    text = re.sub(r"(?s)<(script|style|noscript).*?</\1>", " ", html)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", text)).split())


@pytest.mark.parametrize("headers", [HTML, JAPANESE], ids=["en", "ja"])
@pytest.mark.parametrize("page", PAGES)
def test_each_page_in_both_languages(reader, page, headers):
    answer = reader.get(page, headers=headers)
    assert answer.status_code == 200
    language = "ja" if headers is JAPANESE else "en"
    assert f'<html lang="{language}"' in answer.text
    # Whatever has been said of itself by a network or a certificate is text.
    assert "<script>alert" not in answer.text
    assert " style=" not in answer.text
    assert not re.findall(r"<script(?![^>]* src=)", answer.text)


@pytest.mark.parametrize("page", PAGES)
def test_no_sentence_of_a_japanese_page_is_left_in_english(reader, page):
    """Names of products, protocols and networks aside, there are no three English words in a row."""
    main = reader.get(page, headers=JAPANESE).text.partition("<main")[2].partition("</main>")[0]
    labels = re.findall(r'aria-label="([^"]*)"', main)
    main = re.sub(r"(?s)<code>.*?</code>", "", main)
    text = shown(f"{main} {' '.join(labels)}")
    for name in (
        "IP Geolocation by DB-IP",
        "Networks of the test",
        "Shadowserver Foundation",
        "Natural Earth",
    ):
        text = text.replace(name, "")
    text = re.sub(r"<script>.*?</script>|AS\d+|Network \d+|Mail \d Ltd", "", text)
    assert re.findall(r"(?:\b[a-z]{2,}\b[ ,;:]+){2}\b[a-z]{2,}\b", text) == []


def test_hostile_names_are_shown(reader):
    """Escaped and not left out: an operator has to see them."""
    assert "AS64500 &lt;script&gt;alert" in reader.get("/networks").text
    assert "&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt;" in reader.get("/certificates").text


def test_the_headline_says_both_counts_and_the_date(reader, answers):
    found = answers[0].hosts_either
    text = shown(reader.get("/").text)
    assert (
        f"On March 3, 2026, {found.wide} mail hosts let passwords cross in the clear; {found.strict} of"
        in text
    )
    assert f"{found.probed} hosts were asked, {found.answered} answered, and of {found.unknown} it is" in text
    japanese = shown(reader.get("/", headers=JAPANESE).text)
    assert f"2026年3月3日 現在、パスワードが平文で送信され得るメールサーバーは {found.wide} 台" in japanese


def test_every_link_and_chart_leads_somewhere(reader):
    seen, waiting = set(), ["/"]
    while waiting:
        page = waiting.pop()
        answer = reader.get(page)
        assert answer.status_code == 200, page
        for address in re.findall(r'(?:href|data-source|data-geo|src)="(/[^"]*)"', answer.text):
            address = unescape(address)
            if "/static/" in address and "/vendor/" in address:
                continue  # brought by set-up
            # One address of each kind of table state is enough.
            kind = (urlsplit(address).path, *sorted(parse_qs(urlsplit(address).query)))
            if kind not in seen:
                seen.add(kind)
                waiting.append(address)
    paths = {kind[0] for kind in seen}
    assert {urlsplit(page).path for page in PAGES} - {"/country/ZZ", "/product/unknown"} <= paths
    assert len([path for path in paths if path.startswith("/charts/")]) >= 12


def rows_of(html, table):
    body = html.partition(f'id="table-{table}"')[2].partition("<tbody>")[2].partition("</tbody>")[0]
    return [
        [shown(cell) for cell in re.findall(r"(?s)<t[hd][^>]*>(.*?)</t[hd]>", row)]
        for row in re.findall(r"(?s)<tr>(.*?)</tr>", body)
    ]


def test_the_table_of_countries_has_the_numbers_of_the_survey(reader, answers):
    rows = rows_of(reader.get("/countries").text, "countries")
    by_name = {row[0]: row for row in rows}
    assert len(rows) == len(answers[1])
    hosts = next(one.hosts_either for one in answers[1] if one.country == "DE")
    assert by_name["Germany"][2:4] == [str(hosts.wide), str(hosts.strict)]
    assert by_name["Germany"][4] == f"{1_000 * hosts.wide / hosts.answered:,.1f}"
    assert by_name["Germany"][6:] == [str(hosts.answered), str(hosts.unknown)]


def test_a_table_sorts_filters_and_is_downloaded_as_it_is_shown(reader):
    """Without any script: the headings are links and the filter is a form."""
    page = reader.get("/networks?sort=-strict&q=Network 6450")
    rows = rows_of(page.text, "networks")
    strict = [int(row[4]) for row in rows]
    assert strict == sorted(strict, reverse=True)
    assert rows
    assert all("Network 6450" in row[0] for row in rows)
    address = unescape(re.search(r'href="([^"]*format=csv[^"]*)"', page.text)[1])
    file = reader.get(address)
    assert file.headers["content-disposition"] == 'attachment; filename="openletter-networks.csv"'
    downloaded = list(csv.DictReader(io.StringIO(file.text)))
    assert [int(row["strict"]) for row in downloaded] == strict
    assert [f"AS{row['asn']}" for row in downloaded] == [row[0].split()[0] for row in rows]
    as_json = reader.get(address.replace("csv", "json")).json()
    assert [str(row["asn"]) for row in as_json] == [row["asn"] for row in downloaded]


def test_of_several_tables_the_one_is_sorted_that_was_asked_for(reader):
    plain = reader.get("/country/US").text
    page = reader.get("/country/US?table=classes&sort=endpoints").text
    counts = [int(row[2]) for row in rows_of(page, "classes")]
    assert counts == sorted(counts)
    assert rows_of(page, "networks") == rows_of(plain, "networks")


def test_the_state_of_a_page_stays_in_its_links(reader, world):
    first = world.surveys[0]
    page = reader.get(f"/country/DE?survey={first}").text
    assert f"/charts/classes.json?country=DE&amp;survey={first}" in page
    assert "&amp;at=" in reader.get("/country/DE").text
    assert f'href="/network/64502?survey={first}"' in page
    assert "March 1, 2026" in page


def test_comparison(reader, world):
    before, after = world.surveys[0], world.surveys[2]
    page = shown(reader.get(f"/compare?before={before}&after={after}").text)
    assert "March 1, 2026 against March 3, 2026" in page
    # The other way round is the same: what is earlier does not depend on the form.
    assert shown(reader.get(f"/compare?before={after}&after={before}").text) == page
    fates = rows_of(reader.get(f"/compare?before={before}&after={after}").text, "fates")
    assert {row[0] for row in fates} >= {"Appeared", "Regressed", "Fixed", "Gone", "Unclear"}


def test_the_page_of_a_product_says_how_it_is_mended(reader):
    assert "ssl = required" in reader.get("/product/dovecot").text
    assert "No settings are known for it here" in shown(reader.get("/product/unknown").text)


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/?survey=20200101T000000Z-0000", 404),
        ("/?survey=../../etc/passwd", 404),
        ("/?page=-1", 400),
        ("/?page=2", 404),
        ("/?page=x", 400),
        ("/?sort=password", 400),
        ("/?nonsense=1", 400),
        ("/?q=" + "x" * 1_000, 400),
        ("/?q=" + "x" * 10_000, 414),
        ("/?q=%00", 400),
        ("/map?by=magic", 400),
        ("/country/QQ", 404),
        ("/country/jp", 404),
        ("/country/JPN", 404),
        ("/network/0", 404),
        ("/network/1", 404),
        ("/network/99999999999", 404),
        ("/network/x", 404),
        ("/product/nosuch", 404),
        ("/product/%3Cscript%3E", 404),
        ("/trend?country=Japan", 400),
        ("/compare?before=2026-02-30", 404),
        ("/compare?before={0}&after={0}", 400),
        ("/charts/map.json?survey=x", 404),
        ("/charts/network.json?asn=-1", 400),
        ("/charts/product.json?product=%22", 400),
        ("/charts/none.json", 404),
    ],
)
@pytest.mark.parametrize("headers", [HTML, JAPANESE], ids=["en", "ja"])
def test_what_cannot_be_is_said(reader, world, address, status, headers):
    answer = reader.get(address.format(world.surveys[0]), headers=headers)
    assert answer.status_code == status
    assert "<script>" not in answer.text
    if address.startswith("/charts/"):
        assert json.loads(answer.text)["status"] == status
    else:
        assert "<h1" in answer.text


def test_a_country_without_a_host(reader):
    text = shown(reader.get("/country/AQ").text)
    assert "In this survey no host of this country was asked." in text
    assert (
        shown(reader.get("/country/AQ", headers=JAPANESE).text).count("この国のホストに問い合わせていません")
        == 1
    )


@pytest.mark.parametrize("page", [page for page in PAGES if not page.startswith("/method")])
def test_a_store_without_a_survey(empty_world, page):
    with reader_of(empty_world.root) as reader:
        answer = reader.get(page)
    assert answer.status_code == 200
    assert "No survey yet" in answer.text
    assert "data-chart=" not in answer.text


def test_a_store_without_a_survey_can_tell_of_its_method(empty_world):
    with reader_of(empty_world.root) as reader:
        assert "There is no survey yet" in reader.get("/method").text
        assert reader.get("/charts/map.json").json()["places"] == []


def test_a_survey_that_was_not_enriched(bare_world):
    with reader_of(bare_world.root) as reader:
        for page in ("/networks", "/network/64500", "/products", "/product/dovecot", "/certificates"):
            answer = reader.get(page)
            assert answer.status_code == 200
            assert f"openletter enrich --survey {bare_world.surveys[0]}" in shown(answer.text)
        assert "Networks, products and findings are not known" in reader.get("/country/DE").text
        assert reader.get("/charts/networks.json").json()["rows"] == []


def test_one_survey_has_no_trend_and_nothing_to_compare(bare_world):
    with reader_of(bare_world.root) as reader:
        assert "there is no trend yet" in reader.get("/").text
        assert "There is no earlier survey to compare with" in reader.get("/").text
        assert "there is no trend yet" in reader.get("/trend").text
        assert "It takes two surveys" in reader.get("/compare").text


def test_a_sample_shows_its_intervals(sampled_world):
    with reader_of(sampled_world.root) as reader:
        page = reader.get("/").text
        assert "This survey is a sample: it asked 25.0% of its scope’s hosts." in shown(page)
        assert page.count("95 % interval:") == 2
        assert "95 % from" in page
        chart = reader.get("/charts/trend.json").json()
        wide = next(one for one in chart["series"] if one["key"] == "wide")
        assert wide["low"][0] < wide["values"][0] < wide["high"][0]
        downloaded = reader.get("/countries?format=json").json()
        assert downloaded[0]["wide_low"] < downloaded[0]["wide_per_1000"] < downloaded[0]["wide_high"]


def test_a_pruned_survey_keeps_its_numbers(tmp_path, make_world):
    surveys = make_world(tmp_path / "store", 3)
    with Store(tmp_path / "store") as store:
        prune(store, keep=2)
    with reader_of(tmp_path / "store") as reader:
        for page in PAGES:
            if page.startswith("/compare"):
                continue
            joined = f"{page}{'&' if '?' in page else '?'}survey={surveys[0]}"
            answer = reader.get(joined)
            assert answer.status_code == 200, joined
        first = shown(reader.get(f"/?survey={surveys[0]}").text)
        assert "Of this survey only the counts are kept" in first
        # The one after it has nothing to be compared with.
        assert "There is no earlier survey" in shown(reader.get(f"/?survey={surveys[1]}").text)
        assert reader.get(f"/compare?before={surveys[0]}").status_code == 404


def test_both_method_pages_have_the_same_parts(reader):
    def parts(headers):
        return re.findall(r'<h2 id="(\w+)"', reader.get("/method", headers=headers).text)

    assert parts(HTML) == parts(JAPANESE)
    assert len(parts(HTML)) >= 14


def test_the_method_page_names_the_data_and_their_licence(reader):
    text = shown(reader.get("/method").text)
    assert "Networks of the test" in text
    assert "CC BY 4.0" in text
    assert 'href="https://db-ip.com/"' in reader.get("/method").text


def test_the_map_has_the_numbers_of_the_table_beside_it(reader, answers):
    by_count = {place["code"]: place for place in reader.get("/charts/map.json").json()["places"]}
    by_rate = {place["code"]: place for place in reader.get("/charts/map.json?by=rate").json()["places"]}
    for one in answers[1]:
        hosts = one.hosts_either
        if one.country and hosts.answered:
            assert by_count[one.country]["value"] == hosts.wide
            assert by_rate[one.country]["value"] == pytest.approx(1_000 * hosts.wide / hosts.answered)
            # Nobody has a hundred hosts here, so no rate says anything.
            assert by_rate[one.country]["small"]
            assert not by_count[one.country]["small"]
    assert "" not in by_count
    assert reader.get("/charts/map.json", headers=JAPANESE).json()["places"][0]["name"] == "アメリカ合衆国"
