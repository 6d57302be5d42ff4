"""The Japanese texts keep step with the English ones.

What a user loses when these fail: a reader of Japanese is told less than a reader of English, and does not know it.
"""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
HEADINGS = {
    "Openletter": "Openletter",
    "Two commands": "二つのコマンド",
    "The dashboard": "ダッシュボード",
    "Telling the owners": "所有者に伝える",
    "Use": "使い方",
    "Where to go next": "次に読むもの",
    "Manners": "作法",
}
"""Each heading of README.md, and what README.ja.md calls it."""


def headings(name: str) -> list[tuple[str, str]]:
    text = (ROOT / name).read_text("utf-8")
    return re.findall(r"(?m)^(#+) (.+)$", re.sub(r"(?ms)^```.*?^```", "", text))


def links(name: str) -> list[str]:
    found = re.findall(r"\]\(([^)]+)\)", (ROOT / name).read_text("utf-8"))
    return [link for link in found if not link.startswith("README")]


def test_every_heading_has_its_counterpart_in_its_place():
    assert [(level, HEADINGS[text]) for level, text in headings("README.md")] == headings("README.ja.md")


def test_both_lead_to_the_same_places_which_are_there():
    assert links("README.md") == links("README.ja.md")
    assert [link for link in links("README.md") if not (ROOT / link).exists()] == []


def test_both_show_the_same_commands():
    def commands(name: str) -> list[str]:
        return re.findall(r"(?m)^(openletter .+?)  ", (ROOT / name).read_text("utf-8"))

    assert commands("README.md") == commands("README.ja.md")
