"""Which ZMap is installed, and what its options and fields are called."""

import re
import shutil
import subprocess

import msgspec

from openletter.discovery.error import ScannerError

_VERSION = re.compile(r"\bzmap\s+(?:v?)(\d+)\.(\d+)\.(\d+)", re.IGNORECASE)
_PATIENCE = 10.0
"""Seconds."""


class ZmapVersion(msgspec.Struct, frozen=True, order=True):
    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    @property
    def time_field(self) -> str:
        """Hyphens up to 2.1.1, underscores from 3.0 on."""
        return "timestamp-ts" if self.major < 3 else "timestamp_ts"


def parse_version(text: str) -> ZmapVersion:
    """What ``zmap --version`` prints. Raises ScannerError."""
    match = _VERSION.search(text)
    if match is None:
        raise ScannerError("zmap does not tell its version; is this ZMap?")
    return ZmapVersion(*map(int, match.groups()))


def find_program(program: str = "zmap") -> str:
    """Its path. Debian keeps it in /usr/sbin, which is not on every user's path. Raises ScannerError."""
    path = shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/sbin:/sbin")
    if path is None:
        raise ScannerError(
            "zmap is not installed (on Debian: apt install zmap); the connect scan of our own needs no such program"
        )
    return path


def version_of(path: str) -> ZmapVersion:
    """Ask the program. Raises ScannerError where it cannot be run or is too old."""
    try:
        told = subprocess.run(  # noqa: S603
            [path, "--version"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ScannerError(f"{path} cannot be run: {error}") from None
    version = parse_version(told.stdout + told.stderr)
    if version < ZmapVersion(2, 1, 0):
        raise ScannerError(f"ZMap {version} is too old; 2.1.0 or later is needed")
    return version
