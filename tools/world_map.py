"""The world's countries as GeoJSON for a flat map, from the TopoJSON of the package world-atlas.

A feature a country or territory, known by its ISO 3166-1 alpha-2 code in ``id`` and ``properties.name``; names in the
reader's language come from elsewhere. Rings are cut at 180° east, where a flat map ends; Antarctica, which would smear along
its lower edge, is left out. Degrees, rounded to a hundredth (1.1 km).
"""

import json
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from babel.core import get_global

Point = tuple[float, float]
"""Degrees east and north."""
Ring = list[Point]
Polygon = list[Ring]
"""The first ring is the outline, the others are holes."""

ANTARCTICA = "AQ"
WITHOUT_NUMBER = {"Kosovo": "XK", "Somaliland": "SO", "N. Cyprus": "CY"}
"""Shapes to which ISO 3166-1 gives no number: by the code under which addresses are registered there."""
ONLY_IN_FINE = frozenset({"GI", "TV"})
"""Territories that the map of medium detail does not have."""


def _codes() -> dict[str, str]:
    """Alpha-2 code by ISO's number, from the aliases of the Unicode CLDR."""
    aliases = get_global("territory_aliases")
    return {number: str(codes[0]) for number, codes in aliases.items() if number.isdigit()}


class Topology:
    """A TopoJSON file: lines that neighbours share, each there once."""

    def __init__(self, path: Path) -> None:
        read: dict[str, Any] = json.loads(path.read_text("utf-8"))
        (sx, sy), (tx, ty) = read["transform"]["scale"], read["transform"]["translate"]
        self._arcs: list[Ring] = []
        for arc in read["arcs"]:
            x = y = 0
            line: Ring = []
            for dx, dy in arc:
                x, y = x + dx, y + dy
                line.append((x * sx + tx, y * sy + ty))
            self._arcs.append(line)
        self.shapes: list[dict[str, Any]] = read["objects"]["countries"]["geometries"]

    def _ring(self, numbers: Iterable[int]) -> Ring:
        ring: Ring = []
        for number in numbers:
            arc = self._arcs[number] if number >= 0 else self._arcs[~number][::-1]
            ring += arc[1:] if ring else arc
        return ring

    def polygons(self, shape: dict[str, Any]) -> Iterator[Polygon]:
        polygons = shape["arcs"] if shape["type"] == "MultiPolygon" else [shape["arcs"]]
        for polygon in polygons:
            yield [self._ring(numbers) for numbers in polygon]


def _unrolled(ring: Ring) -> Ring:
    """Without the jump from 180° to -180°: longitudes go on beyond."""
    out = ring[:1]
    turns = 0.0
    for (before, _), (x, y) in pairwise(ring):
        turns += -360.0 if x - before > 180 else 360.0 if x - before < -180 else 0.0
        out.append((x + turns, y))
    return out


def _part(ring: Ring, low: float) -> Ring:
    """Of a closed ring what lies in the 360 degrees from ``low`` on (Sutherland and Hodgman 1974, two edges)."""
    for edge, side in ((low, 1.0), (low + 360.0, -1.0)):
        out: Ring = []
        for (ax, ay), (bx, by) in zip(ring, ring[1:] + ring[:1], strict=True):
            inside_a, inside_b = side * (ax - edge) >= 0, side * (bx - edge) >= 0
            if inside_a:
                out.append((ax, ay))
            if inside_a != inside_b:
                out.append((edge, ay + (by - ay) * (edge - ax) / (bx - ax)))
        ring = out
    return ring


def _cut(polygon: Polygon) -> Iterator[Polygon]:
    outline, *holes = map(_unrolled, polygon)
    middle = (min(x for x, _ in outline) + max(x for x, _ in outline)) / 2
    # A hole is unrolled from where it begins, which may be a turn away from its outline.
    turned = [[(x + 360 * round((middle - hole[0][0]) / 360), y) for x, y in hole] for hole in holes]
    for low in (-540.0, -180.0, 180.0):
        parts = [part for ring in (outline, *turned) if (part := _part(ring, low))]
        if parts:
            yield [[(x - low - 180.0, y) for x, y in part] for part in parts]


def _rounded(ring: Ring, digits: int) -> Ring | None:
    out: Ring = []
    for x, y in ring:
        point = (round(x, digits), round(y, digits))
        if not out or point != out[-1]:
            out.append(point)
    if out and out[0] != out[-1]:
        out.append(out[0])
    return out if len(set(out)) >= 3 else None


def _polygons(cut: list[Polygon], digits: int) -> list[Polygon]:
    found = []
    for outline, *holes in cut:
        shown = _rounded(outline, digits)
        if shown is not None:
            found.append([shown, *(hole for ring in holes if (hole := _rounded(ring, digits)))])
    return found


def world_map(medium: Path, fine: Path) -> dict[str, Any]:
    """A GeoJSON FeatureCollection (RFC 7946) from ``countries-50m.json``, and of ``countries-10m.json`` what that lacks."""
    codes = _codes()
    shapes: dict[str, list[Polygon]] = {}
    for path, wanted in ((medium, None), (fine, ONLY_IN_FINE)):
        topology = Topology(path)
        for shape in topology.shapes:
            code = codes.get(shape.get("id", "")) or WITHOUT_NUMBER.get(shape["properties"]["name"], "")
            if code and code != ANTARCTICA and (wanted is None or code in wanted):
                polygons = shapes.setdefault(code, [])
                polygons += (part for polygon in topology.polygons(shape) for part in _cut(polygon))
    features = []
    for code, cut in sorted(shapes.items()):
        # What is too small for a hundredth of a degree keeps its shape.
        polygons = _polygons(cut, 2) or _polygons(cut, 4)
        features.append(
            {
                "type": "Feature",
                "id": code,
                "properties": {"name": code},
                "geometry": {"type": "MultiPolygon", "coordinates": polygons},
            }
        )
    return {"type": "FeatureCollection", "features": features}
