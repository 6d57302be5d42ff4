"""Every page in a browser: both languages, both themes, phone and wide; and what axe-core says of it.

What a user loses when these fail: a page that breaks on a phone or in the dark, a script that a stranger's banner brought
in, or a page that somebody with a screen reader or a keyboard cannot use.

Pictures of all of it are left in ``.screenshots`` beside the tests, to be looked at.
"""

import json
import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from openletter.web.app import create_app
from openletter.web.settings import WebSettings
from openletter.web.static_files import FOLDER

ROOT = Path(__file__).parents[3]
PICTURES = ROOT / ".screenshots"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (FOLDER / "vendor" / "echarts.min.js").exists(),
        reason="NO BROWSER TESTS: set-up has not brought the charts' files",
    ),
]

PUBLIC = (
    *("/", "/map", "/map?by=rate&count=strict", "/countries", "/countries?by=rate&on=pop3", "/country/DE"),
    *(
        "/networks",
        "/network/64501",
        "/products",
        "/product/dovecot",
        "/trend",
        "/certificates",
        "/compare",
        "/method",
    ),
)
OPERATOR = (
    "/endpoints",
    "/endpoints?wide=true",
    "/search?q=dovecot",
    "/search?q=nothing-of-the-kind",
    "/login",
)
REFUSED = ("/no-such-page", "/country/XQ", "/?survey=unknown", "/countries?page=-1")

WIDTHS = (390, 1280)
"""Of a phone and of a desk, in CSS pixels."""
SERIOUS = ("serious", "critical")


@pytest.fixture(scope="module")
def address(world: Any, over_loopback: Any) -> Iterator[str]:
    """Of a server on loopback without accounts: whoever reads is its operator."""
    with over_loopback(lambda port: create_app(WebSettings(store=world.root, port=port))) as address:
        yield address


@pytest.fixture(scope="module")
def paths(address: str) -> tuple[str, ...]:
    """All pages; of endpoints one of each class, among them those with hostile banners."""
    with urllib.request.urlopen(f"{address}/api/v1/surveys/latest/endpoints?limit=500") as answer:
        rows = json.load(answer)["endpoints"]
    each = {row["class"]: f"/endpoint/{row['ip']}/{row['port']}" for row in rows}
    assert len(each) >= 8
    return (*PUBLIC, *OPERATOR, *each.values())


def context_of(browser: Browser, locale: str, scheme: str, width: int, **more: Any) -> BrowserContext:
    return browser.new_context(
        locale=locale,
        color_scheme=scheme,  # type: ignore[arg-type]
        viewport={"width": width, "height": 900},
        reduced_motion="reduce",
        **more,
    )


def show(page: Page, address: str, path: str) -> None:
    page.goto(address + path)
    if page.locator("figure[data-chart]").count():
        page.wait_for_selector("html[data-ready=true]", state="attached", timeout=30_000)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["en", "ja"])
def test_every_page_on_a_phone_and_then_turned_wide(browser, address, paths, locale, scheme) -> None:
    context = context_of(browser, locale, scheme, WIDTHS[0])
    faults: list[str] = []
    dialogs: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: said.type in ("error", "warning") and faults.append(said.text))
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    for path in (*paths, *REFUSED):
        faults.clear()
        page.set_viewport_size({"width": WIDTHS[0], "height": 900})
        show(page, address, path)
        assert page.locator("html").get_attribute("lang") == locale, path
        name = re.sub(r"\W+", "-", path).strip("-") or "overview"
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            folder = PICTURES / f"{locale}-{scheme}-{width}"
            folder.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=folder / f"{name[:80]}.png", full_page=True)
            width_of_page = page.evaluate("document.documentElement.scrollWidth")
            assert width_of_page <= width, f"{path} is wider than the screen"
        refused = path in REFUSED
        assert [fault for fault in faults if not (refused and "status of 4" in fault)] == [], path
    context.close()
    assert dialogs == [], "a stranger's text ran as a script"


@pytest.mark.parametrize(
    ("locale", "scheme", "width"), [("en", "light", 1280), ("ja", "dark", 390)], ids=["wide", "phone"]
)
def test_axe_finds_no_serious_fault(browser, axe, address, paths, locale, scheme, width) -> None:
    # The policy of the pages forbids what is not theirs, axe among it; what they allow is tested elsewhere.
    context = context_of(browser, locale, scheme, width, bypass_csp=True)
    page = context.new_page()
    found: list[str] = []
    for path in (*paths, *REFUSED):
        show(page, address, path)
        page.add_script_tag(path=axe)
        answer = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        assert answer["passes"], "axe looked at nothing"
        found += [
            f"{path}: {fault['id']} ({fault['impact']}) {fault['nodes'][0]['html'][:160]}"
            for fault in answer["violations"]
            if fault["impact"] in SERIOUS
        ]
    context.close()
    assert found == []
