"""Builds the files that the program carries of others, from what ``npm ci`` brought into ``node_modules``:

src/openletter/web/static/vendor/   echarts.min.js, echarts-ja.js, htmx.min.js, world.geo.json, LICENSES.txt
src/openletter/enrich/data/         asn.parquet, country.parquet, DATASETS.json

None of them is in the repository; the wheel holds them. Runs again for nothing.
"""

import csv
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import msgspec

from openletter.enrich.range_table import Ranges, to_parquet, without
from openletter.scope.special import SPECIAL
from openletter.store.observation_table import sort_key
from openletter.store.record import DataSet
from world_map import world_map

ROOT = Path(__file__).parent.parent
PACKAGES = ROOT / "node_modules"
VENDOR = ROOT / "src/openletter/web/static/vendor"
DATA = ROOT / "src/openletter/enrich/data"
SOURCES = (
    PACKAGES / ".ready",
    Path(__file__),
    Path(__file__).with_name("world_map.py"),
    ROOT / "src/openletter/enrich/range_table.py",
    ROOT / "src/openletter/scope/special.py",
)

_LICENSES = (
    ("Apache ECharts", "echarts", ("LICENSE", "NOTICE", "licenses/LICENSE-d3")),
    ("zrender, inside ECharts", "zrender", ("LICENSE",)),
    ("tslib, inside ECharts", "tslib", ("LICENSE.txt",)),
    ("htmx", "htmx.org", ("LICENSE",)),
    (
        "World Atlas TopoJSON; its shapes are Natural Earth's, in the public domain",
        "world-atlas",
        ("LICENSE",),
    ),
)


def _package(name: str) -> dict[str, str]:
    read: dict[str, str] = json.loads((PACKAGES / name / "package.json").read_text("utf-8"))
    return read


def _ranges(package: str, values: dict[str, Callable[[str], Any]]) -> Any:
    """Both families of a package of ip-location-db as one table, without special addresses."""
    ranges = Ranges(values)
    for start, end, *words in _rows(package):
        known = (read(word) for read, word in zip(values.values(), words, strict=True))
        ranges.add(sort_key(start), sort_key(end), *known)
    return without(ranges.table(), _special())


def _special() -> Iterator[tuple[bytes, bytes]]:
    """Blocks of addresses that belong to nobody on the Internet, whatever a registry or a router says of them."""
    for block in SPECIAL:
        network = ip_network(block.prefix)
        # To us these are the addresses of IPv4.
        if block.prefix != "::ffff:0:0/96":
            yield sort_key(str(network[0])), sort_key(str(network[-1]))


def _rows(package: str) -> Iterator[list[str]]:
    name = package.rpartition("/")[2]
    for family in ("ipv4", "ipv6"):
        with (PACKAGES / package / f"{name}-{family}.csv").open(encoding="utf-8", newline="") as file:
            yield from csv.reader(file)


def _date(version: str) -> str:
    """The day that the packages of ip-location-db carry in their version: 2.3.2026061719, the hour last."""
    return datetime.strptime(version.rpartition(".")[2], "%Y%m%d%H").date().isoformat()


_DATA: tuple[tuple[str, str, dict[str, Callable[[str], Any]]], ...] = (
    ("asn.parquet", "@ip-location-db/asn", {"asn": int, "name": str}),
    ("country.parquet", "@ip-location-db/geo-whois-asn-country", {"country": str}),
)


def _build_data() -> None:
    DATA.mkdir(parents=True, exist_ok=True)
    for file, package, values in _DATA:
        (DATA / file).write_bytes(to_parquet(_ranges(package, values)))
    asn, country = (
        _package(f"@ip-location-db/{name}")["version"] for name in ("asn", "geo-whois-asn-country")
    )
    datasets = (
        DataSet(
            name="ip-location-db asn",
            version=asn,
            date=_date(asn),
            licence="CC BY 4.0",
            attribution="IP to ASN Lite by DB-IP (db-ip.com), Route Views (routeviews.org) and the five regional registries "
            "(nro.net), merged by ip-location-db",
            url="https://db-ip.com",
            provides=("asn", "name"),
        ),
        DataSet(
            name="ip-location-db geo-whois-asn-country",
            version=country,
            date=_date(country),
            licence="CC BY 4.0",
            attribution="Number Resource Organization (nro.net), merged by ip-location-db",
            url="https://www.nro.net",
            provides=("country",),
        ),
    )
    files = {"asn.parquet": datasets[0], "country.parquet": datasets[1]}
    (DATA / "DATASETS.json").write_bytes(msgspec.json.format(msgspec.json.encode(files)))


def _build_vendor() -> None:
    VENDOR.mkdir(parents=True, exist_ok=True)
    for source, target in (
        ("echarts/dist/echarts.min.js", "echarts.min.js"),
        ("echarts/i18n/langJA.js", "echarts-ja.js"),
        ("htmx.org/dist/htmx.min.js", "htmx.min.js"),
    ):
        shutil.copyfile(PACKAGES / source, VENDOR / target)
    atlas = PACKAGES / "world-atlas"
    shapes = world_map(atlas / "countries-50m.json", atlas / "countries-10m.json")
    (VENDOR / "world.geo.json").write_text(json.dumps(shapes, separators=(",", ":")), "ascii")
    parts = []
    for title, package, files in _LICENSES:
        words = "\n\n".join((PACKAGES / package / file).read_text("utf-8").strip() for file in files)
        parts.append(f"{title}, version {_package(package)['version']}\n{'=' * 72}\n\n{words}\n")
    (VENDOR / "LICENSES.txt").write_text("\n\n".join(parts), "utf-8")


def main() -> int:
    stamp = DATA / "DATASETS.json"
    if stamp.exists() and all(stamp.stat().st_mtime > source.stat().st_mtime for source in SOURCES):
        return 0
    print("setup: building the map and the data of countries and networks", file=sys.stderr)
    stamp.unlink(missing_ok=True)
    _build_vendor()
    _build_data()
    return 0


if __name__ == "__main__":
    sys.exit(main())
