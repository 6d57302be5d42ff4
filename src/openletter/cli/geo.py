"""``--geo`` and ``--sectors``: what endpoints are enriched by."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from openletter.enrich.dataset import GeoData, Prepared, carried, keep, prepare
from openletter.enrich.sector import read_sectors

GeoOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--geo",
        metavar="FILE",
        envvar="OPENLETTER_GEO",
        help="Countries, cities or networks (AS) of addresses: MMDB, or CSV or Parquet with the columns start and end, or "
        "cidr, and country, region, city, asn, name. It has its say before the data that come with the program; may be "
        "repeated.",
        show_default=False,
    ),
]

SectorsOption = Annotated[
    Path | None,
    typer.Option(
        "--sectors",
        metavar="FILE",
        envvar="OPENLETTER_SECTORS",
        help="Sectors and NAICS codes of networks, domains and AS numbers: CSV of owner, sector, naics.",
        show_default=False,
    ),
]


class Knowledge(msgspec.Struct, frozen=True):
    """What a user wants endpoints to be enriched by."""

    sources: tuple[GeoData, ...]
    sectors: Path | None


class Wanted(msgspec.Struct, frozen=True):
    """The same, read and found good, before there is a store."""

    geo: tuple[Prepared, ...]
    sectors: Path | None

    def kept(self, store: Path) -> Knowledge:
        """In the folder of a store. Raises DataSetError, StoreError."""
        return Knowledge((*(keep(one, store) for one in self.geo), *carried()), self.sectors)


def wanted(geo: Sequence[Path] | None, sectors: Path | None, store: Path, console: Console) -> Wanted:
    """Read a user's files, and say where there are no data at all. Raises DataSetError."""
    if sectors is not None:
        read_sectors(sectors)
    prepared = tuple(prepare(path, store) for path in geo or ())
    if not carried() and not prepared:
        console.print(
            "openletter: no data of countries and networks is here: set-up brings it, --geo names your own; both stay unknown",
            highlight=False,
            soft_wrap=True,
        )
    return Wanted(prepared, sectors)


def knowledge(geo: Sequence[Path] | None, sectors: Path | None, store: Path, console: Console) -> Knowledge:
    """Both steps, for a store that is there. Raises DataSetError, StoreError."""
    return wanted(geo, sectors, store, console).kept(store)
