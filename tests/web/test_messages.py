"""Both languages are whole: a page that is half English is no Japanese page."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from markupsafe import Markup

from openletter.web.messages import LANGUAGES, TemplateMessages, messages_of

TOOL = Path(__file__).parents[2] / "tools" / "messages.py"


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("messages_tool", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("language", LANGUAGES[1:])
@pytest.mark.parametrize("book", ["pages", "documents"])
def test_no_message_is_missing_and_none_is_left_over(tool: ModuleType, book: str, language: str):
    assert tool.faults(tool.BOOKS[book], language) == []


def test_the_tool_finds_what_is_missing(tool: ModuleType, monkeypatch, tmp_path: Path):
    """A test that cannot fail holds nothing."""
    monkeypatch.setattr(
        tool, "said", lambda book: iter([("Not there: %(count)s", "x.html"), ("Country", "y.html")])
    )
    found = tool.faults(tool.BOOKS["pages"], "ja")
    assert "missing: 'Not there: %(count)s' (x.html)" in found
    assert not any("'Country'" in line for line in found)
    assert any(line.startswith("nobody says it any more") for line in found)


def test_places_must_be_the_same_in_both_languages(tool: ModuleType):
    assert tool.places("%(count)s of %(all)s, 100 %%") == {"count", "all"}


def test_templates_and_python_are_both_searched(tool: ModuleType):
    files = {file for _, file in tool.said(tool.BOOKS["pages"])}
    assert {"templates/base.html", "error_pages.py", "pages/login.py", "labels.py"} <= files


def test_a_sentence_is_translated_and_an_unknown_one_stays(tool: ModuleType):
    japanese = messages_of("ja")
    assert japanese.gettext("Country") == "国"
    assert japanese.gettext("Nobody wrote this.") == "Nobody wrote this."
    assert messages_of("en").ngettext("%(num)s host", "%(num)s hosts", 1) == "%(num)s host"
    assert messages_of("en").ngettext("%(num)s host", "%(num)s hosts", 2) == "%(num)s hosts"


def test_a_word_of_a_file_that_passes_for_a_sentence_is_no_markup():
    """Templates take translations for markup; a class that some other program wrote into a file is none."""
    for language in LANGUAGES:
        found = Markup(TemplateMessages(language).gettext("<script>alert(1)</script>"))
        assert "<script>" not in found
