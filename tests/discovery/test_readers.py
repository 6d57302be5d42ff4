"""What other scanners wrote is read as they meant it.

What a user loses when this fails: hosts that were found and are never asked, or hosts that are asked and were never found.
"""

import gzip
import random
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openletter.dialogue.observation import Mode, Protocol
from openletter.discovery.error import DiscoveryError
from openletter.discovery.file_format import Format
from openletter.discovery.reading import LOOKED_AT
from openletter.scope.error import ScopeError

THREE = [("192.0.2.1", 143), ("192.0.2.2", 143), ("198.51.100.9", 143)]
SEVERAL_PORTS = [("192.0.2.1", 143), ("192.0.2.1", 110), ("192.0.2.2", 993)]

CASES = {
    "zmap-2.1.1.csv": (Format.ZMAP_CSV, THREE),
    "zmap-2.1.1.json": (Format.ZMAP_JSON, THREE),
    "zmap-2.1.1-no-port.csv": (Format.ZMAP_CSV, [("192.0.2.1", None), ("192.0.2.2", None)]),
    "zmap-4.csv": (Format.ZMAP_CSV, SEVERAL_PORTS),
    "zmap-4.json": (Format.ZMAP_JSON, SEVERAL_PORTS),
    "zmap-addresses.txt": (Format.LIST, [(ip, None) for ip, _ in THREE]),
    "masscan-1.3.2.json": (
        Format.MASSCAN_JSON,
        [("192.0.2.1", 143), ("2001:db8::1", 993), ("192.0.2.1", 143)],
    ),
    "masscan-1.3.2-killed.json": (Format.MASSCAN_JSON, [("192.0.2.1", 143), ("2001:db8::1", 993)]),
    "masscan-1.0.3.json": (Format.MASSCAN_JSON, [("192.0.2.1", 143), ("192.0.2.2", 110)]),
    "masscan-1.3.2.ndjson": (Format.MASSCAN_NDJSON, [("192.0.2.1", 143), ("192.0.2.2", 110)]),
    "masscan-1.3.2.txt": (
        Format.MASSCAN_LIST,
        [("192.0.2.1", 143), ("2001:db8::1", 993), ("192.0.2.2", 110)],
    ),
    "masscan-1.3.2.xml": (Format.NMAP_XML, [("192.0.2.1", 143), ("192.0.2.2", 110)]),
    "nmap-7.93.xml": (Format.NMAP_XML, [("192.0.2.1", 143), ("192.0.2.1", 1143), ("2001:db8::1", 993)]),
    "list.txt": (
        Format.LIST,
        [
            ("192.0.2.1", None),
            ("192.0.2.2", 143),
            ("2001:db8::1", 993),
            ("198.51.100.8", None),
            ("198.51.100.9", None),
            ("203.0.113.5", None),
            ("2001:db8::5", None),
        ],
    ),
}
LINE_FORMATS = [name for name in CASES if name not in ("list.txt", "zmap-addresses.txt")]


@pytest.mark.parametrize("name", CASES)
def test_every_format_is_recognised_and_read(read_fixture, name):
    form, expected = CASES[name]
    got = read_fixture(name)
    assert (got.form, got.places, got.reading.malformed, got.reading.cut) == (form, expected, 0, False)


@pytest.mark.parametrize("name", CASES)
def test_compressed_files_read_like_plain_ones(read_octets, fixtures, name):
    octets = (fixtures / name).read_bytes()
    form, expected = CASES[name]
    for packed in (gzip.compress(octets), pa.Codec("zstd").compress(octets, asbytes=True)):
        got = read_octets(packed)
        assert (got.form, got.places, got.reading.cut) == (form, expected, False)


@pytest.mark.parametrize("name", CASES)
def test_windows_line_ends_and_a_byte_order_mark_are_no_fault(read_octets, fixtures, name):
    octets = (fixtures / name).read_bytes().replace(b"\n", b"\r\n")
    form, expected = CASES[name]
    got = read_octets(octets if name.endswith(("json", "xml")) else b"\xef\xbb\xbf" + octets)
    assert (got.form, got.places) == (form, expected)


@pytest.mark.parametrize("name", LINE_FORMATS)
def test_any_cut_file_gives_the_findings_before_the_cut(read_octets, fixtures, name):
    """After a kill or on a full disk; half an address must not be taken for another one."""
    octets = (fixtures / name).read_bytes()
    form, expected = CASES[name]
    seen_lengths = set()
    for end in range(len(octets)):
        got = read_octets(octets[:end], form)
        assert got.places == expected[: len(got.places)]
        assert got.reading.malformed == 0
        seen_lengths.add(len(got.places))
    assert seen_lengths >= {0, max(seen_lengths)} > {0}


@given(data=st.data())
def test_a_compressed_file_that_was_cut_gives_a_beginning_and_says_so(read_octets, data):
    lines = b"saddr,sport\n" + b"".join(b"192.0.2.%d,%d\n" % (n % 256, n % 65535 + 1) for n in range(5_000))
    whole = read_octets(lines).places
    for packed in (gzip.compress(lines), pa.Codec("zstd").compress(lines, asbytes=True)):
        got = read_octets(packed[: data.draw(st.integers(8, len(packed) - 1))], Format.ZMAP_CSV)
        assert got.reading.cut or got.places == whole
        assert got.places == whole[: len(got.places)]


@pytest.mark.parametrize("form", [f for f in Format if f is not Format.ZGRAB2])
def test_an_empty_file_has_no_findings(read_fixture, form):
    got = read_fixture("empty", form)
    assert (got.places, got.reading.malformed) == ([], 0)


@given(octets=st.binary(max_size=300), form=st.sampled_from([f for f in Format if f is not Format.ZGRAB2]))
def test_noise_is_refused_or_read_but_never_crashes(read_octets, octets, form):
    with suppress(ScopeError):
        assert len(read_octets(octets, form).found) < 300


BAD_LINES = {
    "zmap-2.1.1.csv": [
        b"192.0.2.300,143,synack,1,0,1,1",
        b"192.0.2.1,0,synack,1,0,1,1",
        b"192.0.2.1",
        b"\xff\x00",
    ],
    "zmap-4.json": [b'{"saddr":"192.0.2.1","sport":"x"}', b'{"sport":143}', b'{"saddr":"::g"}', b"{"],
    "masscan-1.3.2.json": [
        b'{"ip": "192.0.2.1", "ports": [{"port": 70000, "status": "open"}]},',
        b'{"ip": "192.0.2.1", "timestamp": "soon", "ports": []},',
        b"][",
    ],
    "masscan-1.3.2.ndjson": [b'{"ip":"192.0.2.1","port":-1,"rec_type":"status"}', b"[]"],
    "masscan-1.3.2.txt": [b"open tcp 143 192.0.2.1", b"open tcp x 192.0.2.1 1", b"open tcp 143 192.0.2.1 -5"],
    "list.txt": [b"192.0.2.1/99", b"[::1", b"-", b"192.0.2.1:0"],
}


@pytest.mark.parametrize("name", BAD_LINES)
def test_malformed_lines_are_left_out_and_their_numbers_told(read_octets, fixtures, name):
    good = (fixtures / name).read_bytes().splitlines()
    form, expected = CASES[name]
    bad = BAD_LINES[name]
    # In the midst: behind the head, in front of the first record.
    head = 2 if name == "masscan-1.3.2.txt" else 1
    many = good + good[head:] * 3 if name != "list.txt" else good
    octets = b"\n".join([*many[:head], *bad, *many[head:]]) + b"\n"
    got = read_octets(octets, form)
    assert got.reading.malformed == len(bad)
    assert got.reading.malformed_lines == [head + 1 + n for n in range(len(bad))]
    assert got.places[: len(expected)] == expected


@pytest.mark.parametrize(
    "form", [Format.ZMAP_JSON, Format.MASSCAN_JSON, Format.MASSCAN_LIST, Format.NMAP_XML, Format.LIST]
)
def test_a_file_that_is_something_else_is_an_error_that_names_file_and_lines(read_octets, form):
    octets = b"".join(b"From: someone %d <&>\n" % n for n in range(50))
    with pytest.raises(DiscoveryError, match='"octets"'):
        read_octets(octets, form)


def test_a_long_wrong_file_is_given_up_after_its_beginning(read_octets):
    lines = 0

    def endless():
        nonlocal lines
        for _ in range(100_000):
            lines += 1
            yield b"something else\n"

    with pytest.raises(DiscoveryError):
        read_octets(b"".join(endless()), Format.ZMAP_JSON)
    octets = b'{"saddr":"192.0.2.1"}\n' * LOOKED_AT + b"something else\n" * (2 * LOOKED_AT)
    got = read_octets(octets, Format.ZMAP_JSON)
    assert (got.reading.found, got.reading.malformed) == (LOOKED_AT, 2 * LOOKED_AT)


def test_a_list_of_addresses_with_its_line_of_names_is_read(read_octets):
    got = read_octets(b"saddr\n192.0.2.1\n192.0.2.2\n", port=143)
    assert (got.form, got.places) == (Format.ZMAP_CSV, [("192.0.2.1", 143), ("192.0.2.2", 143)])


def test_the_port_of_a_run_is_taken_where_the_file_names_none(read_fixture):
    for name in ("zmap-2.1.1-no-port.csv", "zmap-addresses.txt"):
        assert {port for _, port in read_fixture(name, port=143).places} == {143}
    assert read_fixture("list.txt", port=110).places[:3] == [
        ("192.0.2.1", 110),
        ("192.0.2.2", 143),
        ("2001:db8::1", 993),
    ]


def test_repetitions_and_closed_ports_are_counted_and_no_findings(read_fixture):
    for name in ("zmap-2.1.1.csv", "zmap-2.1.1.json", "zmap-4.csv", "zmap-4.json"):
        reading = read_fixture(name).reading
        assert (reading.found, reading.repeats, reading.closed) == (3, 1, 1)
    reading = read_fixture("masscan-1.3.2.json").reading
    assert (reading.found, reading.closed, reading.other) == (3, 1, 1)


def test_when_it_was_seen_comes_along(read_fixture):
    for name in CASES:
        if "addresses" not in name and "no-port" not in name and name != "list.txt":
            assert all(1.4e9 < found.seen_at < 1.9e9 for found in read_fixture(name).found)


def test_a_reverse_name_is_not_taken_for_the_servers_own(read_fixture):
    """A certificate held against the provider's reverse name would be called a stranger's."""
    by_ip = {found.ip: found.name for found in read_fixture("nmap-7.93.xml").found}
    assert by_ip == {"192.0.2.1": "mail.example.org", "2001:db8::1": ""}


def test_what_nmap_heard_from_the_service_goes_along_and_what_it_guessed_by_the_port_does_not(read_fixture):
    heard = {found.port: (found.protocol, found.mode) for found in read_fixture("nmap-7.93.xml").found}
    assert heard[143] == (Protocol.IMAP, Mode.CLEARTEXT)
    assert heard[1143] == (Protocol.IMAP, Mode.IMPLICIT)
    assert heard[993] == (None, None)


def test_xml_that_declares_entities_is_refused(read_octets):
    octets = b'<?xml version="1.0"?><!DOCTYPE nmaprun [<!ENTITY a "aaaa">]><nmaprun>&a;</nmaprun>'
    with pytest.raises(DiscoveryError, match="entities"):
        read_octets(octets)


def test_xml_of_something_else_is_refused(read_octets):
    with pytest.raises(DiscoveryError, match="something else"):
        read_octets(b"<html><body/></html>")


def test_a_list_keeps_countries_names_and_its_last_line_without_an_end(read_octets):
    got = read_octets(b"192.0.2.1 country=NL\nmail.example.org country=de\nnowhere.example.org\n192.0.2.9")
    assert [(f.ip, f.name, f.country) for f in got.found] == [
        ("192.0.2.1", "", "NL"),
        ("192.0.2.9", "", ""),
        ("203.0.113.5", "mail.example.org", "DE"),
        ("2001:db8::5", "mail.example.org", "DE"),
    ]
    assert got.reading.closed == 1


NESTED = b"[" * 100_000


@pytest.mark.parametrize(
    ("form", "right"),
    [
        (Format.ZMAP_JSON, b'{"saddr": "192.0.2.1", "sport": 143, "success": 1}\n'),
        (
            Format.MASSCAN_JSON,
            b'{"ip": "192.0.2.1", "ports": [{"port": 143, "proto": "tcp", "status": "open"}]},\n',
        ),
        (
            Format.MASSCAN_NDJSON,
            b'{"ip": "192.0.2.1", "port": 143, "proto": "tcp", "rec_type": "status", "data": {"status": "open"}}\n',
        ),
    ],
)
def test_what_is_nested_without_end_is_one_malformed_line(read_octets, form, right):
    """A single line of a stranger would else end the import of all the others."""
    nested = b'{"ip": "192.0.2.2", "saddr": "192.0.2.2", "data": ' + NESTED + b"\n"
    result = read_octets(right + nested + right.replace(b"192.0.2.1", b"192.0.2.3"), form)
    assert result.places == [("192.0.2.1", 143), ("192.0.2.3", 143)]
    assert result.reading.malformed == 1


def test_an_array_of_masscan_on_one_line_is_read_whole(read_octets):
    """As jq -c and others write it anew."""
    result = read_octets(
        b'[{"ip": "192.0.2.1", "ports": [{"port": 143, "proto": "tcp", "status": "open"}]},'
        b'{"ip": "192.0.2.2", "ports": [{"port": 110, "proto": "tcp", "status": "open"}]}]\n',
        Format.MASSCAN_JSON,
    )
    assert result.places == [("192.0.2.1", 143), ("192.0.2.2", 110)]
    assert not result.reading.cut


@pytest.mark.parametrize("encoding", [b"no-such", b"shift_jis"])
def test_xml_in_an_encoding_that_is_not_read_is_an_error_and_no_crash(read_octets, encoding):
    with pytest.raises(DiscoveryError, match="encoding"):
        read_octets(b'<?xml version="1.0" encoding="%s"?>\n<nmaprun/>' % encoding, Format.NMAP_XML)


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("Mail.EXAMPLE.org.", "mail.example.org"),
        ("\u4f8b\u3048.jp", "xn--r8jz45g.jp"),
        ("no name at all", ""),
        ("", ""),
        ("10.0.0.0/8", ""),
    ],
)
def test_a_given_name_is_kept_as_the_opt_out_list_keeps_it(read_octets, given_name, kept):
    """Who opted out by name is else asked under another spelling of it."""
    xml = (
        '<?xml version="1.0" encoding="UTF-8"?><nmaprun scanner="nmap"><host><address addr="192.0.2.1" addrtype="ipv4"/>'
        f'<hostnames><hostname name="{given_name}" type="user"/></hostnames>'
        '<ports><port protocol="tcp" portid="143"><state state="open"/></port></ports></host></nmaprun>'
    )
    result = read_octets(xml.encode(), Format.NMAP_XML)
    assert [(found.ip, found.name) for found in result.found] == [("192.0.2.1", kept)]


def test_spellings_of_one_address_are_one_host(read_octets):
    """It would else be asked twice at a time, or in spite of an exclusion."""
    result = read_octets(
        b'{"saddr": "2001:DB8:0::1", "sport": 143}\n{"saddr": "::ffff:192.0.2.1", "sport": 143}\n',
        Format.ZMAP_JSON,
    )
    assert result.places == [("2001:db8::1", 143), ("192.0.2.1", 143)]


def test_a_compressed_file_is_read_up_to_where_it_was_cut(read_octets):
    lines = b"".join(b"192.0.2.%d:143\n" % (n % 250 + 1) for n in range(20_000))
    noise = random.Random(1)
    lines += b"".join(b"10.%d.%d.%d:143\n" % tuple(noise.choices(range(256), k=3)) for _ in range(20_000))
    octets = gzip.compress(lines)
    result = read_octets(octets[: len(octets) - 1_000], Format.LIST)
    assert result.reading.cut
    assert len(result.found) > 35_000, "all but the last blocks can be had"


def test_a_large_network_in_a_list_is_refused_with_what_to_do(read_octets):
    with pytest.raises(DiscoveryError, match="openletter survey"):
        read_octets(b"10.0.0.0/8\n")


def test_an_endless_line_is_one_malformed_line(read_octets):
    octets = b"192.0.2.1\n192.0.2.2\n" + b"x" * (9 << 20) + b"\n192.0.2.3\n"
    got = read_octets(octets)
    assert ([ip for ip, _ in got.places], got.reading.malformed_lines) == (
        ["192.0.2.1", "192.0.2.2", "192.0.2.3"],
        [3],
    )


def test_a_missing_file_is_named(read_fixture):
    with pytest.raises(ScopeError, match="no such file"):
        read_fixture("not-there")


def test_every_fixture_has_a_case():
    present = {path.name for path in Path(__file__).with_name("fixtures").iterdir()}
    assert present == {*CASES, "empty", "zgrab2-0.1.json", "zgrab2-1.0.json"}
