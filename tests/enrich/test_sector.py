"""Without these, a report by sector would count a hospital among the banks, or would stop at a line without saying which."""

import pyarrow as pa
import pytest

from openletter.enrich.error import DataSetError
from openletter.enrich.sector import read_sectors, traded
from openletter.store.observation_table import sort_key

FILE = """owner,sector,naics
192.0.2.0/24,government,921110
192.0.2.128/25,health,622110
2001:db8::/32,education,611310
# the next one has no code
198.51.100.7,museum
example.net,retail,44-45
shop.example.net,finance,522110
AS64500,telecommunications,517111
64501,energy,22
"""


@pytest.fixture
def sectors(tmp_path):
    path = tmp_path / "sectors.csv"
    path.write_text(FILE)
    return read_sectors(path)


def look(sectors, *rows):
    """``rows`` are (address, AS number, name)."""
    ips, numbers, names = zip(*rows, strict=True)
    found = traded(
        pa.array([sort_key(ip) for ip in ips], pa.binary(16)),
        pa.array(numbers, pa.uint32()),
        pa.array(names, pa.string()),
        sectors,
    )
    return list(zip(found.sector.to_pylist(), found.naics.to_pylist(), strict=True))


def test_the_longest_network_counts(sectors):
    """A hospital inside the state's network would be counted as the state."""
    assert look(
        sectors,
        ("192.0.2.1", 0, ""),
        ("192.0.2.129", 0, ""),
        ("192.0.3.1", 0, ""),
        ("2001:db8::1", 0, ""),
        ("198.51.100.7", 64500, "example.net"),
    ) == [("government", "921110"), ("health", "622110"), ("", ""), ("education", "611310"), ("museum", "")]


def test_the_longest_domain_counts_and_only_whole_labels(sectors):
    """badexample.net would be counted for example.net."""
    assert look(
        sectors,
        ("203.0.113.1", 0, "mail.example.net"),
        ("203.0.113.2", 0, "mx.shop.example.net"),
        ("203.0.113.3", 0, "badexample.net"),
        ("203.0.113.4", 0, "example.net"),
    ) == [("retail", "44-45"), ("finance", "522110"), ("", ""), ("retail", "44-45")]


def test_a_network_says_more_than_a_domain_and_a_domain_more_than_a_system(sectors):
    """Every customer of a hoster would be counted as a hoster."""
    assert look(
        sectors,
        ("192.0.2.1", 64500, "mail.example.net"),
        ("203.0.113.1", 64500, "mail.example.net"),
        ("203.0.113.1", 64500, ""),
        ("203.0.113.1", 64501, ""),
    ) == [
        ("government", "921110"),
        ("retail", "44-45"),
        ("telecommunications", "517111"),
        ("energy", "22"),
    ]


def test_no_row_is_no_fault(sectors):
    """An empty survey could not be enriched."""
    none = traded(pa.array([], pa.binary(16)), pa.array([], pa.uint32()), pa.array([], pa.string()), sectors)
    assert len(none.sector) == len(none.naics) == 0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("192.0.2.0/24,health,622110\n192.0.2.1/24,health,622110\n", "line 2.*192.0.2.1/24"),
        ("192.0.2.0/24\n", "line 1.*1 fields"),
        ("192.0.2.0/24,,62\n", "line 1.*sector"),
        ("192.0.2.0/24,he\x1b[31malth,62\n", "line 1.*sector"),
        ("192.0.2.0/24,health,6x\n", "line 1.*NAICS"),
        ("AS0,health,62\n", "line 1.*AS number"),
        ("AS1,health,62\nas1,energy,22\n", "line 2.*twice"),
        ("not a name,health,62\n", "line 1.*owner"),
        ("owner,sector,naics\n", "no sector in it"),
        ("", "no sector in it"),
    ],
)
def test_a_wrong_line_is_named(tmp_path, text, says):
    """Somebody would look for one letter in ten thousand lines, or a sector would silently be missing."""
    path = tmp_path / "sectors.csv"
    path.write_text(text)
    with pytest.raises(DataSetError, match=says) as error:
        read_sectors(path)
    assert str(error.value).isprintable()


def test_a_file_that_is_none_is_refused_in_words(tmp_path):
    """A wrong --sectors would end in a traceback."""
    with pytest.raises(DataSetError, match="cannot be read"):
        read_sectors(tmp_path / "missing.csv")
    (tmp_path / "picture.csv").write_bytes(b"\x89PNG\r\n\x1a\n\x00\xff\xfe")
    with pytest.raises(DataSetError, match="UTF-8"):
        read_sectors(tmp_path / "picture.csv")
