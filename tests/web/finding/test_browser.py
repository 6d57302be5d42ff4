"""The page of a finding in a browser, from the link in a mail to the mended server. What a user loses when these fail: a button
that the browser's own rules make useless, a page that breaks on a phone or in the dark, or one that a screen reader cannot read.

Pictures are left in ``.screenshots`` beside the tests, to be looked at.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from openletter.web.app import create_app
from openletter.web.settings import WebSettings
from openletter.web.today import Today

ROOT = Path(__file__).parents[3]
PICTURES = ROOT / ".screenshots"
pytestmark = pytest.mark.slow
SERIOUS = ("serious", "critical")


@pytest.fixture
def address(stage: Any, over_loopback: Any) -> Iterator[str]:
    """Of a server on loopback that everybody may reach, in the clock's time."""

    def app(port: int) -> Any:
        settings = WebSettings(store=stage.root, port=port, public=True, roots=stage.roots)
        return create_app(settings, today=Today(stage.clock))

    with over_loopback(app) as address:
        yield address


def look(page: Page, name: str) -> None:
    """A picture, and what axe-core says of it; the page must not be wider than its window."""
    page.screenshot(path=PICTURES / f"finding-{name}.png", full_page=True)
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{name}: {wide} px too wide"
    found = page.evaluate("async () => (await axe.run()).violations")
    serious = [
        (one["id"], [node["html"] for node in one["nodes"]]) for one in found if one["impact"] in SERIOUS
    ]
    assert serious == [], name


@pytest.mark.parametrize(
    ("locale", "scheme", "width", "script"),
    [
        ("en", "light", 1280, True),
        ("ja", "light", 1280, True),
        ("en", "dark", 390, False),
        ("ja", "dark", 390, True),
    ],
)
def test_from_the_link_to_the_mended_server(
    stage: Any, address: str, browser: Browser, axe: Path, locale: str, scheme: str, width: int, script: bool
) -> None:
    PICTURES.mkdir(exist_ok=True)
    # So that a server that is slow stays so while it is looked at.
    stage.record = stage.survey(timeout=4)
    stage.stand()
    context = browser.new_context(
        locale=locale,
        color_scheme=scheme,  # type: ignore[arg-type]
        viewport={"width": width, "height": 900},
        java_script_enabled=script,
        bypass_csp=True,
    )
    if script:
        context.add_init_script(path=axe)
    page = context.new_page()
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    name = f"{locale}-{scheme}-{width}"
    page.goto(address + stage.path)
    if script:
        look(page, f"{name}-open")

    stage.peer.manner = "tls_required"
    page.locator("button.ask").click()
    page.locator(".state-mended").wait_for(timeout=20_000)
    if script:
        look(page, f"{name}-mended")

    stage.clock.now += 61
    stage.peer.manner = "slow"
    page.goto(address + stage.path)
    page.locator("button.ask").click()
    page.locator("[role=status]").wait_for(timeout=20_000)
    if script:
        look(page, f"{name}-asking")
    stage.peer.manner = "no_tls"
    stage.peer.go_on.set()
    # It looks again by itself, without a script.
    page.locator(".state-unchanged").wait_for(timeout=20_000)
    if script:
        look(page, f"{name}-unchanged")
    assert dialogs == []
    assert stage.peer.connections == 2
    context.close()
