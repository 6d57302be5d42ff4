"""A store as it stood at one moment, for readers of many files that must not see two states of it at once.

The sets that it names are those of that moment. Their files stay while they are ``previous``; of a moment that is older
than two publications some may be gone, which a question then says with a StoreError.
"""

import sqlite3
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import msgspec

from openletter.store.error import NoSurveyError, named
from openletter.store.file_set import FileSet, Kind, Standing
from openletter.store.manifest import Manifest
from openletter.store.record import SurveyRecord
from openletter.store.store import MANIFEST, Store
from openletter.survey.sink import Published


class _FrozenManifest(Manifest):
    """What a manifest said. Plain data: any thread may read it, and there is nothing to close."""

    def __init__(self, path: Path, records: Sequence[SurveyRecord], sets: Sequence[FileSet]) -> None:
        self._path = path
        self._records = {record.id: record for record in records}
        self._sets = tuple(sets)

    def close(self) -> None:
        """There is nothing to close."""

    def surveys(self) -> list[SurveyRecord]:
        return list(self._records.values())

    def survey(self, survey: str) -> SurveyRecord:
        if survey not in self._records:
            raise NoSurveyError(f"{self._path.parent}: no survey {survey!r} in this store")
        return self._records[survey]

    def sets(self, *, kind: Kind | None = None, survey: str | None = None) -> list[FileSet]:
        return [one for one in self._sets if kind in (None, one.kind) and survey in (None, one.survey)]

    def shards(self, survey: str) -> list[Published]:
        """Those of today: shards are only ever added."""
        manifest = Manifest(self._path)
        try:
            return manifest.shards(survey)
        finally:
            manifest.close()


class FrozenStore(Store):
    """For reading alone. Any thread may use it."""

    def __init__(self, root: Path, records: Sequence[SurveyRecord], sets: Sequence[FileSet]) -> None:
        self.root = root.absolute()
        self.manifest = _FrozenManifest(self.root / MANIFEST, records, sets)
        published = [one for one in sets if one.standing is Standing.CURRENT]
        self.key = _digest(list(records), sorted(one.folder for one in published))
        """The same for the same surveys and published sets, and for no others."""


def _digest(*parts: object) -> str:
    return sha256(msgspec.json.encode(parts)).hexdigest()


def freeze(root: Path) -> FrozenStore:
    """The store in a folder as it stands now. Raises StoreError."""
    with Store(root) as store:
        records = store.surveys()
        while True:
            sets = store.manifest.sets()
            # Two questions, with a publication between them perhaps: whatever is published for the first time or anew
            # changes a record, or the sets alone.
            again = store.surveys()
            if again == records:
                return FrozenStore(root, records, sets)
            records = again


class Watch:
    """Whether a store's surveys or published sets are others than when it was asked last.

    Costs some microseconds where nobody has written to the manifest, and less than a millisecond where only the shards
    of a running survey were. One thread at a time.
    """

    def __init__(self, root: Path) -> None:
        self._path = root.absolute() / MANIFEST
        self._database: sqlite3.Connection | None = None
        self._place: tuple[int, int] | None = None
        self._version = -1
        self._seen = b""

    def changed(self) -> bool:
        """True at the first call, and where a store comes, goes or is replaced. Raises StoreError."""
        with named(self._path):
            place = self._where()
            if place != self._place:
                self.close()
                self._place, self._version, self._seen = place, -1, b""
                if place is None:
                    return True
            if place is None:
                return False
            if self._database is None:
                self._database = sqlite3.connect(self._path, timeout=1, check_same_thread=False)
            (version,) = self._database.execute("PRAGMA data_version").fetchone()
            if version == self._version:
                return False
            digest = sha256()
            for table in ("survey", "fileset"):
                for row in self._database.execute(f"SELECT * FROM {table} ORDER BY 1"):  # noqa: S608 - one of two
                    digest.update(repr(row).encode())
            self._version, before, self._seen = version, self._seen, digest.digest()
        return before != self._seen

    def _where(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino

    def close(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None
