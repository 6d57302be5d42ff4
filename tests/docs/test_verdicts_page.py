"""The page that says what the words of a verdict mean is made from the code, and stays so."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from openletter.verdict.classes import Class, Evidence
from openletter.verdict.findings import FindingName
from openletter.verdict.login import Reason

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "method" / "verdicts.md"


def tables() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verdict_tables", ROOT / "tools" / "verdict_tables.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def page() -> str:
    return PAGE.read_text(encoding="utf-8")


def test_page_and_code_say_the_same() -> None:
    """A reader would look up a severity or a clause that no longer holds; run tools/verdict_tables.py."""
    assert tables().filled(page()) == page()


def test_every_table_stands_on_the_page() -> None:
    """A table that lost its place would be left out in silence."""
    assert sorted(re.findall(r"<!-- table: (\w+) -->\n\|", page())) == sorted(tables().TABLES)


def test_every_word_of_a_verdict_is_explained() -> None:
    """Whoever reads a report looks up the name of a class or a finding, and must find it."""
    for name in (*Class, *FindingName, *Reason):
        assert f"| `{name.value}` |" in page()
    for grade in Evidence:
        assert f"| {grade.value} |" in page()


def test_a_changed_table_is_seen() -> None:
    """The first test could never fail if the page were not compared cell by cell."""
    spoilt = page().replace("| critical |", "| low |", 1)
    assert tables().filled(spoilt) == page() != spoilt


def test_an_unknown_table_is_an_error() -> None:
    """A misspelt name would leave an old table on the page for ever."""
    with pytest.raises(KeyError):
        tables().filled("<!-- table: clases -->\n<!-- end -->")
