"""Browsers keep scripts and styles for ever, and still get new ones after an upgrade."""

from pathlib import Path

from openletter.web.static_files import StaticFiles


def folder(path: Path, text: str) -> Path:
    (path / "js").mkdir(parents=True)
    (path / "js" / "a.js").write_text(text)
    (path / "secret.py").write_text("no")
    return path


def test_the_address_changes_with_the_content(tmp_path: Path):
    one, other = StaticFiles(folder(tmp_path / "1", "a")), StaticFiles(folder(tmp_path / "2", "b"))
    assert one.address("js/a.js") != other.address("js/a.js")
    assert "js/a.js" in one
    assert "secret.py" not in one


def test_a_current_address_is_kept_for_ever_and_an_old_one_is_not(served):
    page = served.public.get("/").text
    address = next(part for part in page.split('"') if part.endswith("openletter.css"))
    answer = served.public.get(address)
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"].startswith("text/css")
    assert answer.headers["content-encoding"] == "gzip"
    old = served.public.get("/static/0123456789abcdef/openletter.css")
    assert old.status_code == 200
    assert old.headers["cache-control"] == "no-cache"
    assert old.content == answer.content
    plain = served.public.get(address, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == answer.content


def test_all_that_pages_refer_to_is_there(served):
    """A style sheet that is missing is a page that nobody can read."""
    for path in ("/", "/map", "/trend", "/endpoints", "/login"):
        page = served.operator.get(path).text
        for part in page.split('"'):
            if part.startswith("/static/") and "/vendor/" not in part:
                assert served.public.get(part).status_code == 200, part
