"""The page about ``openletter.toml`` names every setting, and its example is one.

What a user loses when these fail: a setting that nobody knows of, or one that is told and does not exist.
"""

import re
from pathlib import Path

import msgspec

from openletter.cli.settings import FILE, Settings, load

PAGE = (Path(__file__).parents[2] / "docs" / "guide" / "settings.md").read_text("utf-8")


def test_every_setting_is_in_the_table_and_no_other():
    told = {
        name for row in re.findall(r"(?m)^\| (`.+?) \|", PAGE) for name in re.findall(r"`([a-z-]+)`", row)
    }
    assert told == {field.encode_name for field in msgspec.structs.fields(Settings)}


def test_the_example_is_taken(tmp_path):
    (example,) = re.findall(r"(?s)```toml\n(.+?)```", PAGE)
    (tmp_path / FILE).write_text(example)
    assert load(tmp_path)["window"] == "22:00-06:00"
