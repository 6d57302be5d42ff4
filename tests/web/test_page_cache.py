"""Pages that are kept must be as right as pages that are made: each reader their own, none from before a publication."""

import time

import pytest
from starlette.testclient import TestClient

from openletter.store.store import Store
from openletter.tls.trust import Trust
from openletter.verdict.judging import judge_survey
from openletter.web import snapshot as module
from openletter.web.app import create_app
from openletter.web.settings import WebSettings
from openletter.web.snapshot import Snapshot, Snapshots

BASE = "http://127.0.0.1:8080"


@pytest.fixture
def asked(monkeypatch) -> list[str]:
    """The questions that pages ask."""
    made: list[str] = []
    ask = Snapshot.ask

    async def counted(self: Snapshot, name: str, **of: object) -> object:
        made.append(name)
        return await ask(self, name, **of)

    monkeypatch.setattr(Snapshot, "ask", counted)
    return made


@pytest.fixture
def reader(world):
    with TestClient(create_app(WebSettings(store=world.root, public=True)), base_url=BASE) as made:
        yield made


def test_a_page_is_made_once_for_readers_alike(reader, asked):
    first = reader.get("/countries")
    questions = len(asked)
    assert questions
    assert reader.get("/countries").content == first.content
    assert len(asked) == questions


@pytest.mark.parametrize("path", ["/", "/compare"])
def test_the_first_reader_after_a_publication_waits_for_no_question(tmp_path, make_world, monkeypatch, path):
    """Of a page that was kept nobody has asked the questions lately, and the comparison of two large surveys takes seconds. Nor
    must anybody have come by for the publication to be noticed."""
    monkeypatch.setattr(module, "WARM_QUESTIONS", 0)
    monkeypatch.setattr(module, "FOLLOW_EVERY", 0.02)
    root = tmp_path / "store"
    surveys = make_world(root, 2)
    app = create_app(WebSettings(store=root, public=True))
    snapshots: Snapshots = app.state.snapshots
    with TestClient(app, base_url=BASE) as reader:
        before = reader.get(path).headers["etag"]
        key = snapshots.now().key
        with Store(root) as store:
            judge_survey(store, store.survey(surveys[-1]), Trust(), processes=1)
        for _ in range(500):
            # Not `now()`, which would notice it by itself.
            if snapshots._snapshot is not None and snapshots._snapshot.key != key:
                break
            time.sleep(0.02)
        computed = len(snapshots.answers)
        assert reader.get(path).headers["etag"] != before
        assert len(snapshots.answers) == computed


def test_readers_who_want_something_else_get_it(reader):
    english = reader.get("/countries", headers={"Accept-Language": "en"})
    japanese = reader.get("/countries", headers={"Accept-Language": "ja"})
    dark = reader.get("/countries", headers={"Accept-Language": "en", "Cookie": "theme=dark"})
    assert 'lang="ja"' in japanese.text
    assert 'data-theme="dark"' in dark.text
    assert 'data-theme="auto"' in english.text
    assert len({one.headers["etag"] for one in (english, japanese, dark)}) == 3
    assert "Accept-Language" in english.headers["vary"]
    assert "Cookie" in english.headers["vary"]


def test_who_may_more_gets_another_page_and_nobody_else_gets_that(served):
    public, operator = served.public.get("/countries"), served.operator.get("/countries")
    assert "/endpoints" in operator.text
    assert "/endpoints" not in public.text
    assert operator.headers["etag"] != public.headers["etag"]
    assert "/endpoints" not in served.public.get("/countries").text


def test_a_browser_that_has_the_page_is_told_so(reader):
    first = reader.get("/countries")
    for headers in (
        {"If-None-Match": first.headers["etag"]},
        {"If-None-Match": f'"x", {first.headers["etag"]}'},
        {"If-Modified-Since": first.headers["last-modified"]},
    ):
        answer = reader.get("/countries", headers=headers)
        assert answer.status_code == 304, headers
        assert answer.content == b""
        assert answer.headers["etag"] == first.headers["etag"]
    for headers in (
        {"If-None-Match": '"x"'},
        {"If-None-Match": '"x"', "If-Modified-Since": first.headers["last-modified"]},
        {"If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"},
        {"If-Modified-Since": "yesterday"},
    ):
        assert reader.get("/countries", headers=headers).status_code == 200, headers


def test_text_is_compressed_for_who_takes_it(reader):
    plain = reader.get("/countries", headers={"Accept-Encoding": "identity"})
    compressed = reader.get("/countries", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert compressed.headers["content-encoding"] == "gzip"
    assert int(compressed.headers["content-length"]) < len(plain.content) / 2
    assert compressed.content == plain.content


def test_errors_and_downloads_are_not_kept(reader, asked):
    for path in ("/nowhere", "/?page=7"):
        assert "etag" not in reader.get(path).headers
    assert reader.get("/healthz").headers["cache-control"] == "no-store"


def test_after_a_publication_the_old_page_is_gone(tmp_path, make_world):
    root = tmp_path / "store"
    (survey,) = make_world(root, 1)
    with TestClient(create_app(WebSettings(store=root, public=True)), base_url=BASE) as reader:
        before = reader.get("/countries")
        with Store(root) as store:
            judge_survey(store, store.survey(survey), Trust(), processes=1)
        for _ in range(200):
            after = reader.get("/countries", headers={"If-None-Match": before.headers["etag"]})
            if after.status_code == 200:
                break
            time.sleep(0.05)
        assert after.status_code == 200
        assert after.headers["etag"] != before.headers["etag"]
