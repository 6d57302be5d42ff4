"""What set-up builds of other people's files: without the map there is no map, without the data no country."""

import json
from itertools import pairwise
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from openletter.enrich.dataset import carried
from openletter.enrich.join import locate
from openletter.store.observation_table import sort_key
from openletter.store.record import DataSet

SOURCE = Path(__file__).parents[2] / "src/openletter"
VENDOR = SOURCE / "web/static/vendor"
DATA = SOURCE / "enrich/data"


@pytest.fixture(scope="module")
def shapes() -> dict[str, list[list[list[list[float]]]]]:
    world = json.loads((VENDOR / "world.geo.json").read_text())
    assert all(feature["properties"] == {"name": feature["id"]} for feature in world["features"])
    return {feature["id"]: feature["geometry"]["coordinates"] for feature in world["features"]}


def test_small_territories_can_be_coloured(shapes: dict[str, list[list[list[list[float]]]]]) -> None:
    assert {"SG", "HK", "MO", "MT", "MC", "VA", "LI", "GI", "BH", "TV", "XK"} <= shapes.keys()
    assert all(polygons and all(len(polygon[0]) >= 4 for polygon in polygons) for polygons in shapes.values())


def test_antarctica_does_not_fill_the_lower_edge(shapes: dict[str, list[list[list[list[float]]]]]) -> None:
    assert "AQ" not in shapes
    assert min(y for p in shapes.values() for polygon in p for ring in polygon for _, y in ring) > -60


def test_no_country_smears_across_the_page(shapes: dict[str, list[list[list[list[float]]]]]) -> None:
    """Russia and Fiji lie on both sides of 180° east; a line from one to the other would cross the whole map."""
    for code, polygons in shapes.items():
        for polygon in polygons:
            for ring in polygon:
                assert ring[0] == ring[-1], code
                assert all(-180 <= x <= 180 and -90 <= y <= 90 for x, y in ring), code
                assert all(abs(a[0] - b[0]) < 90 for a, b in pairwise(ring)), code
    for code in ("RU", "FJ"):
        xs = [x for polygon in shapes[code] for ring in polygon for x, _ in ring]
        assert min(xs) == -180, code
        assert max(xs) == 180, code


def test_charts_and_pages_find_their_scripts_and_readers_the_licences() -> None:
    for name in ("echarts.min.js", "echarts-ja.js", "htmx.min.js"):
        assert (VENDOR / name).stat().st_size > 1_000
    licences = (VENDOR / "LICENSES.txt").read_text()
    assert "Apache ECharts, version 6." in licences
    assert "htmx, version 4." in licences


@pytest.mark.parametrize(("name", "value"), [("asn.parquet", "asn"), ("country.parquet", "country")])
def test_ranges_are_sorted_and_disjoint_so_that_each_address_has_one_answer(name: str, value: str) -> None:
    table = pq.read_table(DATA / name)
    starts, ends = (table.column(edge).combine_chunks().cast(pa.binary()) for edge in ("start", "end"))
    assert table.num_rows > 500_000
    assert pc.all(pc.greater_equal(ends, starts)).as_py()
    assert pc.all(pc.less(ends.slice(0, len(ends) - 1), starts.slice(1))).as_py()
    assert table.column(value).null_count == 0


def test_they_say_nothing_of_addresses_that_are_nobody_s() -> None:
    """A server on loopback or in a company's own network would stand in somebody's country."""
    for ip in (
        "10.1.2.3",
        "127.128.0.1",
        "192.168.1.1",
        "192.0.2.1",
        "224.0.0.1",
        "::1",
        "2001:db8::1",
        "fd00::1",
    ):
        key = pa.array([sort_key(ip)], pa.binary(16))
        found = locate(key, carried())
        assert (found["country"][0].as_py(), found["asn"][0].as_py()) == ("", 0), ip
    known = locate(
        pa.array([sort_key("8.8.8.8"), sort_key("2001:4860:4860::8888")], pa.binary(16)), carried()
    )
    assert known["country"].to_pylist() == ["US", "US"]
    assert known["asn"].to_pylist() == [15169, 15169]


def test_the_data_say_whose_they_are() -> None:
    sets = msgspec.json.decode((DATA / "DATASETS.json").read_bytes(), type=dict[str, DataSet])
    assert sets.keys() == {"asn.parquet", "country.parquet"}
    assert sets["asn.parquet"].url == "https://db-ip.com"
    assert {one.licence for one in sets.values()} == {"CC BY 4.0"}
    assert all(one.date > "2026-06" and one.attribution for one in sets.values())


def test_the_lock_names_no_address_and_every_hash() -> None:
    """Whoever sets up has a registry of their own."""
    lock = (SOURCE.parents[1] / "package-lock.json").read_text()
    assert "://" not in lock
    packages = json.loads(lock)["packages"]
    assert all(package["integrity"].startswith("sha512-") for name, package in packages.items() if name)
