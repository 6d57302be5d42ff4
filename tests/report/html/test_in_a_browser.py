"""The report where people read it: on a phone, on a desk, in the dark, on paper. What a user loses when these fail: a report that
is wider than the phone, that nobody with a screen reader can use, that prints half, or that a stranger's words break.

Pictures of all of it are left in ``.screenshots/report`` beside the tests, to be looked at.
"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PICTURES = ROOT / ".screenshots" / "report"
LOOKS = [("en", "light", 1280), ("en", "dark", 390), ("ja", "light", 820), ("ja", "dark", 390)]
A4_POINTS = (594.96, 841.92)


@pytest.fixture
def shown(browser, reported):
    """Opens a report; what it complained of, and what it tried to fetch, is kept."""
    contexts = []

    def show(language, scheme, width, **more):
        context = browser.new_context(
            locale=language, color_scheme=scheme, viewport={"width": width, "height": 900}, **more
        )
        contexts.append(context)
        page = context.new_page()
        page.complaints, page.fetched = [], []
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("console", lambda said: page.complaints.append(said.text))
        page.on("dialog", lambda dialog: (page.complaints.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: page.fetched.append(request.url))
        page.goto(reported.page(language).as_uri())
        return page

    yield show
    for context in contexts:
        context.close()


@pytest.mark.parametrize(("language", "scheme", "width"), LOOKS)
def test_it_fits_fetches_nothing_and_complains_of_nothing(shown, language, scheme, width):
    page = shown(language, scheme, width)
    for details in page.locator("details").all()[:3]:
        details.locator("summary").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.complaints == []
    assert [url for url in page.fetched if not url.startswith("file:")] == []
    assert len(page.fetched) == 1
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(
        path=PICTURES / f"{language}-{scheme}-{width}.png", clip=_top(page, width), full_page=True
    )


def _top(page, width):
    height = page.evaluate("document.documentElement.scrollHeight")
    return {"x": 0, "y": 0, "width": width, "height": min(height, 6_000)}


@pytest.mark.parametrize(("language", "scheme", "width"), [LOOKS[0], LOOKS[-1]])
def test_axe_finds_no_serious_fault(shown, axe, language, scheme, width):
    page = shown(language, scheme, width, bypass_csp=True)
    page.add_script_tag(path=axe)
    answer = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert answer["passes"], "axe looked at nothing"
    found = [
        f"{fault['id']} ({fault['impact']}) {fault['nodes'][0]['html'][:200]}"
        for fault in answer["violations"]
        if fault["impact"] in ("serious", "critical")
    ]
    assert found == []


@pytest.mark.parametrize("language", ["en", "ja"])
def test_it_prints_on_a4_with_what_is_folded_on_the_screen(shown, language):
    page = shown(language, "dark", 1280)
    octets = page.pdf(prefer_css_page_size=True)
    PICTURES.mkdir(parents=True, exist_ok=True)
    (PICTURES / f"{language}.pdf").write_bytes(octets)
    sizes = {tuple(map(float, box.split())) for box in re.findall(rb"/MediaBox \[([^\]]+)\]", octets)}
    assert {(round(box[2]), round(box[3])) for box in sizes} == {tuple(map(round, A4_POINTS))}
    assert len(re.findall(rb"/Type /Page\b", octets)) > 10
    # Chromium prints wider pages smaller, so nothing may be wider than the paper.
    page.emulate_media(media="print", color_scheme="light")
    page.set_viewport_size({"width": 672, "height": 950})
    assert page.evaluate("document.documentElement.scrollWidth") <= 672
    assert page.locator("ol.talk").first.is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    link = page.locator("p.check a").first
    after = link.evaluate("one => getComputedStyle(one, '::after').content")
    assert link.get_attribute("href") in after
