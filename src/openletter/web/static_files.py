"""The files that pages are made with. Their addresses change with their content, so that browsers may keep them for ever.

``/static/<digest>/js/charts.js``: the digest is of all files together, since scripts name each other by relative paths.
All files are read at the beginning and nothing else is ever served, so that no path leads out of the folder.
"""

import gzip
from hashlib import sha256
from pathlib import Path

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

FOLDER = Path(__file__).parent / "static"

_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".png": "image/png",
    ".ico": "image/x-icon",
}
_COMPRESSED = frozenset({".css", ".js", ".json", ".svg", ".txt"})
_FOR_EVER = "public, max-age=31536000, immutable"


class _File(msgspec.Struct):
    octets: bytes
    media_type: str
    compressible: bool
    compressed: bytes = b""


class StaticFiles:
    def __init__(self, folder: Path = FOLDER) -> None:
        self._files: dict[str, _File] = {}
        digest = sha256()
        for path in sorted(folder.rglob("*")):
            if path.suffix in _MEDIA_TYPES and path.is_file():
                name = path.relative_to(folder).as_posix()
                octets = path.read_bytes()
                digest.update(f"{name}\0{len(octets)}\0".encode() + octets)
                self._files[name] = _File(octets, _MEDIA_TYPES[path.suffix], path.suffix in _COMPRESSED)
        self.digest = digest.hexdigest()[:16]

    def address(self, name: str) -> str:
        """Of a file below the folder, whether it is there or not."""
        return f"/static/{self.digest}/{name}"

    def __contains__(self, name: str) -> bool:
        return name in self._files

    async def serve(self, request: Request) -> Response:
        found = self._files.get(request.path_params["name"])
        if found is None:
            raise HTTPException(404)
        # A page from before an upgrade asks with another digest: it gets what there is, but must not keep it.
        current = request.path_params["digest"] == self.digest
        headers = {"Cache-Control": _FOR_EVER if current else "no-cache"}
        octets = found.octets
        if found.compressible:
            headers["Vary"] = "Accept-Encoding"
            if "gzip" in request.headers.get("accept-encoding", ""):
                found.compressed = found.compressed or gzip.compress(octets, 9, mtime=0)
                octets = found.compressed
                headers["Content-Encoding"] = "gzip"
        return Response(octets, media_type=found.media_type, headers=headers)

    def routes(self) -> list[Route]:
        return [Route("/static/{digest}/{name:path}", self.serve, name="static")]
