"""The charts, in a browser.

What a user loses when these fail: an empty space where a chart should be, a network's name that runs as a script, a chart
that no screen shot can wait for.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from openletter.web.app import create_app
from openletter.web.settings import WebSettings
from openletter.web.static_files import FOLDER

pytestmark = pytest.mark.skipif(
    not (FOLDER / "vendor" / "echarts.min.js").exists(), reason="set-up has not brought the charts' files"
)

PAGES = (
    "/",
    "/map",
    "/countries",
    "/country/DE",
    "/networks",
    "/network/64501",
    "/products",
    "/product/dovecot",
)
PAGES += ("/trend", "/certificates", "/compare", "/method")


@pytest.fixture(scope="module")
def address(world, over_loopback) -> Iterator[str]:
    """Of a server of the small world."""
    with over_loopback(
        lambda port: create_app(WebSettings(store=world.root, port=port, public=True))
    ) as address:
        yield address


class Reader:
    """A page, and what went wrong on it."""

    def __init__(self, browser: Browser, address: str, **more: object) -> None:
        self._address = address
        self.context = browser.new_context(**{"viewport": {"width": 1200, "height": 900}, **more})
        self.page: Page = self.context.new_page()
        self.faults: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on(
            "console", lambda said: said.type in ("error", "warning") and self.faults.append(said.text)
        )

    def open(self, path: str) -> None:
        self.page.goto(self._address + path)
        # No wait_for_function: it would want eval, which the page's policy forbids.
        self.page.wait_for_selector("html[data-ready=true]", state="attached", timeout=20_000)


@pytest.fixture
def reader(browser, address):
    made = Reader(browser, address)
    yield made
    made.context.close()


DRAWN = """
figures => figures.map(figure => {
  const canvas = figure.querySelector("canvas");
  if (!canvas) return false;
  const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  return pixels.some(octet => octet !== 0);
})
"""


@pytest.mark.parametrize(
    ("locale", "scheme", "width"), [("en", "light", 1200), ("ja", "dark", 390)], ids=["wide", "phone"]
)
def test_every_chart_is_drawn_and_nothing_is_complained_of(browser, address, locale, scheme, width):
    reader = Reader(
        browser,
        address,
        locale=locale,
        color_scheme=scheme,
        viewport={"width": width, "height": 800},
        reduced_motion="reduce",
    )
    for path in PAGES:
        reader.open(path)
        drawn = reader.page.eval_on_selector_all("figure[data-chart]", DRAWN)
        assert all(drawn), (path, drawn)
        assert reader.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
        assert reader.faults == [], path
    reader.context.close()


def test_hostile_names_beside_the_pointer_are_text(reader):
    reader.open("/networks")
    show = "chart => echarts.getInstanceByDom(chart).dispatchAction({type: 'showTip', seriesIndex: 0, dataIndex: %d})"
    shown = []
    for kind, count in (("bars", 15), ("treemap", 30)):
        chart = reader.page.locator(f"figure[data-chart={kind}] .chart")
        for number in range(count):
            chart.evaluate(show % number)
            cards = chart.locator(".chart-card")
            if cards.count():
                shown.append(cards.first.inner_text())
    assert sum("<script>alert('x')</script>" in text for text in shown) >= 2
    assert reader.page.locator("main script:not([src])").count() == 0
    assert reader.faults == []


def test_a_chart_can_be_kept_as_a_picture(reader):
    reader.open("/trend")
    with reader.page.expect_download() as download:
        reader.page.locator("figure[data-chart=stack] [data-chart-action=picture]").click()
    assert download.value.suggested_filename == "openletter-classes.png"
    assert Path(download.value.path()).read_bytes().startswith(b"\x89PNG")


def test_a_country_on_the_map_leads_to_its_page(reader):
    reader.open("/map")
    chart = reader.page.locator("figure[data-chart=map] .chart")
    chart.scroll_into_view_if_needed()
    x, y = chart.evaluate(
        """chart => {
          const map = echarts.getInstanceByDom(chart);
          const [x, y] = map.convertToPixel({seriesIndex: 0}, [-98, 40]);
          const box = chart.getBoundingClientRect();
          return [box.x + x, box.y + y];
        }"""
    )
    reader.page.mouse.click(x, y)
    reader.page.wait_for_url("**/country/US")


def test_the_map_is_enlarged_by_buttons(reader):
    reader.open("/map")
    zoom = "chart => echarts.getInstanceByDom(chart).getOption().series[0].zoom ?? 1"
    chart = reader.page.locator("figure[data-chart=map] .chart")
    reader.page.locator("[data-chart-action=zoom-in]").click()
    assert chart.evaluate(zoom) == pytest.approx(1.5)
    reader.page.locator("[data-chart-action=whole]").click()
    assert chart.evaluate(zoom) == 1


def test_a_filter_changes_the_table_and_the_address_and_nothing_else(reader):
    reader.open("/networks")
    reader.page.evaluate("window.kept = true")
    reader.page.locator("#table-networks input[name=q]").fill("64503")
    reader.page.wait_for_url("**/networks?*q=64503*")
    rows = reader.page.locator("#table-networks tbody tr")
    rows.nth(1).wait_for(state="detached")
    assert "AS64503" in rows.first.inner_text()
    assert reader.page.evaluate("window.kept")
    reader.page.locator("#table-networks thead a").first.click()
    reader.page.wait_for_url("**/networks?*sort=asn*")
    assert reader.page.evaluate("window.kept")
    assert reader.faults == []


def test_data_that_do_not_come_are_said_not_to_be_there(browser, address):
    reader = Reader(browser, address)
    reader.page.route("**/charts/ranking.json*", lambda route: route.fulfill(status=503, body="{}"))
    reader.open("/countries")
    assert "could not be drawn" in reader.page.locator("figure .chart").inner_text()
    reader.context.close()


def test_without_scripts_the_tables_are_there(browser, address):
    reader = Reader(browser, address, java_script_enabled=False)
    reader.page.goto(address + "/countries?sort=country")
    first = reader.page.locator("#table-countries tbody tr").first
    assert "Country not known" in first.inner_text()
    reader.page.locator("#table-countries thead a", has_text="Wide").first.click()
    assert "United States" in reader.page.locator("#table-countries tbody tr").first.inner_text()
    assert "Charts need JavaScript" in reader.page.locator("noscript").first.inner_text()
    reader.context.close()


def test_the_dark_page_has_dark_charts(reader):
    reader.open("/countries")
    ground = """() => {
      const chart = echarts.getInstanceByDom(document.querySelector("figure .chart"));
      return chart.getOption().yAxis[0].axisLabel.color;
    }"""
    light = reader.page.evaluate(ground)
    reader.page.emulate_media(color_scheme="dark")
    reader.page.wait_for_timeout(300)
    assert reader.page.evaluate(ground) != light
