"""A file that is read wrongly in one line surveys what nobody asked for."""

import io
from pathlib import Path

import pytest

from openletter.scope.error import ScopeError
from openletter.scope.target_file import gather_targets, read_targets

EMPTY = io.BytesIO()


def written(folder: Path, data: bytes, name: str = "scope.txt") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def test_comments_blank_lines_labels_and_windows_line_ends(tmp_path: Path) -> None:
    data = (
        b"\xef\xbb\xbf# ours\r\n\r\n192.0.2.0/24 country=NL # the first\r\n  mail.example.org\r\n192.0.2.1#x"
    )
    targets = list(read_targets(written(tmp_path, data)))
    assert [(t.text, t.country, t.where) for t in targets] == [
        ("192.0.2.0/24", "NL", "scope.txt line 3"),
        ("mail.example.org", "", "scope.txt line 4"),
        ("192.0.2.1", "", "scope.txt line 5"),
    ]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            b"192.0.2.1\n192.0.2.0/99\n",
            '"192.0.2.0/99" is no network; write it as 192.0.2.0/24 or 2001:db8::/64',
        ),
        (b"192.0.2.1\n\x7fELF\x00\x00", "holds NUL bytes, so this is no text file; write one target a line"),
        (b"192.0.2.1\n\xff\xfe\n", "is no UTF-8, so this is no text file; write one target a line"),
        (b"192.0.2.1\n" + b"1" * 4097, "is longer than 4096 characters; write one target a line"),
        (b"192.0.2.1\n" + b"1" * 10_000_000, "is longer than 4096 characters; write one target a line"),
    ],
)
def test_errors_name_file_and_line(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(ScopeError) as caught:
        list(read_targets(written(tmp_path, data)))
    assert str(caught.value) == f"scope.txt line 2: {message}"


def test_a_long_comment_is_long_too_but_4096_characters_are_not(tmp_path: Path) -> None:
    assert list(read_targets(written(tmp_path, b"#" + b"x" * 4095 + b"\n"))) == []
    with pytest.raises(ScopeError, match="longer than 4096"):
        list(read_targets(written(tmp_path, b"#" + "é".encode() * 9000)))


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(ScopeError, match=r'"nothing\.txt": no such file'):
        list(read_targets(Path("nothing.txt")))
    with pytest.raises(ScopeError, match="cannot be read: Is a directory"):
        list(read_targets(tmp_path))


def test_a_command_line_mixes_targets_files_and_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path, b"192.0.2.1\n", "plain")
    (tmp_path / "mail").mkdir()
    found = gather_targets(["plain", "192.0.2.0/24", "mail", "-"], io.BytesIO(b"a.example\nb.example"))
    assert [(t.text, t.where) for t in found] == [
        ("192.0.2.1", "plain line 1"),
        ("192.0.2.0/24", ""),
        ("mail", ""),
        ("a.example", "standard input line 1"),
        ("b.example", "standard input line 2"),
    ]


@pytest.mark.parametrize(
    "argument", ["missing.txt", "./missing", "lists/nl", "~/scope", "/nowhere/scope", "nl.CSV"]
)
def test_a_path_that_is_not_there_is_called_a_missing_file(argument: str) -> None:
    with pytest.raises(ScopeError) as caught:
        gather_targets([argument], EMPTY)
    assert str(caught.value) == f'"{argument}": no such file'


def test_a_bad_network_is_not_called_a_missing_file() -> None:
    for argument in ("192.0.2.0/99", "2001:db8::/x"):
        with pytest.raises(ScopeError, match="is no network"):
            gather_targets([argument], EMPTY)
