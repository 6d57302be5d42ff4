"""What hangs on a message: report files as they are or, above a size, in one archive whose octets depend on theirs alone."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from shutil import copyfileobj
from stat import S_IFREG
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import msgspec

from openletter.store.error import named

DEFAULT_ZIP_ABOVE = 1_000_000
"""Octets of all files together. Many servers take messages of 10 MB, and base64 adds a third."""
MAX_OCTETS = 15_000_000
"""Of what hangs on a message: 20 MB in base64, which the larger providers take. What is more is left out, and said so."""

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The first moment that a zip archive can name."""
_TYPES = {
    "csv": ("text", "csv"),
    "jsonl": ("application", "jsonl"),
    "html": ("text", "html"),
    "json": ("application", "json"),
    "zip": ("application", "zip"),
}


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    octets: bytes

    @property
    def type(self) -> tuple[str, str]:
        """Of MIME. What is not known is octets, so that no mail program shows it as something else."""
        return _TYPES.get(self.name.rpartition(".")[2], ("application", "octet-stream"))


class Attached(msgspec.Struct, frozen=True, kw_only=True):
    """What a message will carry."""

    files: tuple[Attachment, ...] = ()
    zipped: bool = False
    too_large: bool = False
    """Even zipped: nothing is attached."""


def zipped(paths: Sequence[Path]) -> bytes:
    """A zip archive, sorted by name, with one time and mode for all: the same files give the same octets. Raises StoreError."""
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED, compresslevel=6) as archive:
        for path in sorted(paths, key=lambda one: one.name):
            entry = ZipInfo(path.name, _EPOCH)
            entry.create_system = 3
            entry.external_attr = (S_IFREG | 0o644) << 16
            entry.compress_type = ZIP_DEFLATED
            with named(path), path.open("rb") as file, archive.open(entry, "w", force_zip64=True) as to:
                copyfileobj(file, to)
    return out.getvalue()


def attach(paths: Sequence[Path], archive: str, *, zip_above: int = DEFAULT_ZIP_ABOVE) -> Attached:
    """Files as they are or, where they have more than ``zip_above`` octets, in one archive of this name. Raises StoreError."""
    ordered = sorted(paths, key=lambda one: one.name)
    size = 0
    for path in ordered:
        with named(path):
            size += path.stat().st_size
    if size > min(zip_above, MAX_OCTETS):
        octets = zipped(ordered)
        if len(octets) > MAX_OCTETS:
            return Attached(zipped=True, too_large=True)
        return Attached(files=(Attachment(name=archive, octets=octets),), zipped=True)
    files = []
    for path in ordered:
        with named(path):
            files.append(Attachment(name=path.name, octets=path.read_bytes()))
    return Attached(files=tuple(files))
