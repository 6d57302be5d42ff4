"""A user's ranges in CSV and Parquet; what is wrong with them is told by file, line and what would be right.

What a user loses when these fail: an evening with a file of a million lines.
"""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from openletter.enrich.error import DataSetError
from openletter.enrich.range_file import read_csv, read_parquet
from openletter.store.observation_table import sort_key


@pytest.fixture
def csv(tmp_path):
    def write(text):
        path = tmp_path / "own.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def shown(table):
    return [
        {**row, "start": row["start"][-4:].hex(), "end": row["end"][-4:].hex()} for row in table.to_pylist()
    ]


def test_networks_by_cidr(csv):
    described, table = read_csv(
        csv("cidr,country,asn,name\n192.0.2.0/24,de,AS64500,Example\n2001:db8::/32,,0,\n")
    )
    assert described.name == "own.csv"
    assert described.provides == ("country", "asn", "name")
    assert shown(table) == [
        {"start": "c0000200", "end": "c00002ff", "country": "DE", "asn": 64500, "name": "Example"},
        {"start": "00000000", "end": "ffffffff", "country": "", "asn": 0, "name": ""},
    ]


def test_ranges_in_any_order_with_other_columns_and_a_mark_of_order(csv):
    text = '\ufeffEnd,Start,note,City\n1.0.0.9,1.0.0.5,x,"Bonn, Beuel"\n1.0.0.4,1.0.0.0,y,Köln\n'
    _, table = read_csv(csv(text))
    assert shown(table) == [
        {"start": "01000000", "end": "01000004", "city": "Köln"},
        {"start": "01000005", "end": "01000009", "city": "Bonn, Beuel"},
    ]


def test_comments_say_what_the_data_are(csv):
    text = "# name: Our networks\n# date: 2026-11-01\n# licence: CC0\n#url: https://example.net/a:b\ncidr,asn\n192.0.2.1/32,1\n"
    described, _ = read_csv(csv(text))
    assert (described.name, described.date, described.licence) == ("Our networks", "2026-11-01", "CC0")
    assert described.url == "https://example.net/a:b"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the columns are"),
        ("1.0.0.0,1.0.0.255,AU\n", "right would be start and end, or cidr"),
        ("cidr,colour\n1.0.0.0/8,red\n", "right would be start and end, or cidr"),
        ("start,country\n1.0.0.0,AU\n", "right would be start and end, or cidr"),
        ("cidr,country\n", "there is no range in it"),
        ("cidr,country\n1.0.0.0/8,Germany\n", 'line 2: "Germany" is no country; right would be two letters'),
        ("cidr,country\n\n1.0.0.0/33,DE\n", 'line 3: "1.0.0.0/33" is no network'),
        ("# name: x\ncidr,country\n1.0.0.1/24,DE\n", "line 3: .* right would be 1.0.0.0/24"),
        ("cidr,country\n1.0.0.0/8\n", "line 2: 1 fields; right would be at least 2"),
        ("cidr,country\n,DE\n", "line 2: no network"),
        ("start,end,country\n1.0.0.9,1.0.0.1,DE\n", "line 2: the range ends before it starts"),
        ("start,end,country\n1.0.0.9,2001:db8::1,DE\n", "line 2: .* other family"),
        ("start,end,country\nhere,there,DE\n", 'line 2: "here" is no address'),
        ("cidr,asn\n1.0.0.0/8,4294967296\n", 'line 2: "4294967296" is no number'),
        ("cidr,asn\n1.0.0.0/8,٣\n", "line 2: .* is no number"),
        ('cidr,name\n1.0.0.0/8,"' + "a" * 200_000, "line 2: is no CSV"),
        (b"cidr,name\n1.0.0.0/8,M\xfcnchen\n", "is no UTF-8"),
        (b"\x00\x01\x02\x00", "the columns are"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(csv, text, words):
    path = csv(text)
    with pytest.raises(DataSetError, match=words) as caught:
        read_csv(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_a_terminal_is_shown_no_escapes_of_a_file(csv):
    with pytest.raises(DataSetError) as caught:
        read_csv(csv("cidr,country\n1.0.0.0/8,\x1b[31m\n"))
    assert "\x1b" not in str(caught.value)


def test_parquet_with_text_or_octets(tmp_path):
    path = tmp_path / "own.parquet"
    for edges in (["1.0.0.0", "1.0.0.9"], [sort_key("1.0.0.0"), sort_key("1.0.0.9")]):
        table = pa.table({"start": edges[:1], "end": edges[1:], "country": ["DE"], "asn": [64500]})
        pq.write_table(table.replace_schema_metadata({"name": "Own", "licence": "CC0"}), path)
        described, read = read_parquet(path)
        assert (described.name, described.licence) == ("Own", "CC0")
        assert shown(read) == [{"start": "01000000", "end": "01000009", "country": "DE", "asn": 64500}]


def test_what_is_wrong_in_parquet_is_told_with_its_row(tmp_path):
    path = tmp_path / "own.parquet"
    pq.write_table(pa.table({"cidr": ["1.0.0.0/8", "x"], "asn": [1, 2]}), path)
    with pytest.raises(DataSetError, match=r"own\.parquet row 2: \"x\" is no network"):
        read_parquet(path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataSetError, match="cannot be read as Parquet"):
        read_parquet(path)
