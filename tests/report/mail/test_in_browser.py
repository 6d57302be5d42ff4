"""The HTML of a mail, where it is read. What a user loses when these fail: a mail that runs somebody's script, fetches something
that tells who reads it, or cannot be read on a phone."""

import pytest

from openletter.report.mail.letter import banner_text, words_of
from openletter.subscriber.subscriber import Language, Subscriber

HOSTILE = "<script>document.title='ran'</script><img src=https://evil.example/x onerror=document.title='ran'>"


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("width", [360, 900])
def test_it_fits_and_hostile_words_do_nothing(browser, letter, digest, language, width):
    of = letter(
        subscriber=Subscriber(id=1, slug="ex", name="Example Ltd", language=language),
        digest=digest(name=HOSTILE + "x" * 200, banner=banner_text(HOSTILE.encode())),
    )
    words = words_of(of, lambda *_: "https://reports.example.org/finding/" + "A" * 60)
    page = browser.new_page(viewport={"width": width, "height": 900})
    asked = []
    page.route("**/*", lambda route: (asked.append(route.request.url), route.abort()))
    page.set_content(words.html)
    assert "<script>document.title='ran'</script>" in page.inner_text("code")
    assert "evil.example" in page.inner_text("body")
    assert page.title() == words.subject
    assert asked == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.locator("script, img, link, iframe, form, object").count() == 0
    page.close()
