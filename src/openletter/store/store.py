"""A store: a folder with the manifest, and beside it the files that the manifest names.

manifest.sqlite
spool/<survey>/<shard>-<attempt>.parquet          observations as they came in
certificates/<survey>/<shard>-<attempt>.parquet   the certificates that they name
observations/<survey>/<set>/<part>.parquet        the same compacted: an endpoint once, sorted by address and port
certificates.sqlite                               the certificates of all compacted observations, each once
verdicts/<survey>/<set>/<part>.parquet            what the rules made of them
endpoints/<survey>/<set>/<part>.parquet           the same, with networks, names, products and certificates
rollups/<survey>/<set>/*.parquet                  counts by country, class and network
state/<set>/<part>.parquet                        the latest verdict on every endpoint of all surveys
reported/<set>/<part>.parquet                     what subscribers were told of
geo/<sha256>-<form>.parquet                       countries and networks from a user's own file, made ready
names.sqlite                                      what DNS said of exposed addresses
surveys/<survey>.json                             what a person wants to know of it, without a program
optout.txt                                        who asked not to be asked again
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from types import TracebackType
from typing import Self

from openletter.scope.address import Interval
from openletter.scope.authorisation import Authorisation
from openletter.store.error import NoStoreError, NoSurveyError, StoreError, named, was_pruned
from openletter.store.file_set import FileSet, Kind, Standing, base_of
from openletter.store.files import make_folder, publish
from openletter.store.lock import Lock
from openletter.store.manifest import Manifest
from openletter.store.record import State, SurveyRecord, new_survey_id
from openletter.store.silent import count_silent
from openletter.store.spool import (
    SpoolSinkFactory,
    certificate_file,
    remove_leftovers,
    spool_folder,
    whole_files,
)
from openletter.survey.plan import Plan
from openletter.survey.sink import Published

MANIFEST = "manifest.sqlite"
"""Name of the manifest's file in a store."""


class SurveyRun:
    """One run of a survey, while its lock is held. A :class:`openletter.survey.sink.Ledger`."""

    def __init__(self, root: Path, manifest: Manifest, survey: str) -> None:
        self._manifest = manifest
        self._survey = survey
        self._root = root
        for published in whole_files(root, survey):
            manifest.record_shard(survey, published)
        remove_leftovers(root, survey, {published.file for published in manifest.shards(survey)})
        self.attempt = manifest.begin_run(survey)

    @property
    def sink(self) -> SpoolSinkFactory:
        return SpoolSinkFactory(str(self._root), self._survey, self.attempt)

    def finished(self) -> Sequence[Published]:
        return self._manifest.shards(self._survey)

    def silent_count(self, files: Sequence[str]) -> int:
        return count_silent(self._root, files)

    def record(self, published: Published) -> bool:
        return self._manifest.record_shard(self._survey, published)

    def end(self, state: State, now: float) -> None:
        """The run is over; ``now`` in Unix seconds."""
        self._manifest.end_run(self._survey, state, now)


class Store:
    """Raises :class:`~openletter.store.error.StoreError` from every method."""

    def __init__(self, root: Path, *, create: bool = False) -> None:
        """Open the store in a folder; ``create`` makes one where there is none.

        Raises ``NoStoreError``, ``NewerStoreError`` (nothing is touched), ``DamagedStoreError``.
        """
        self.root = root.absolute()
        path = self.root / MANIFEST
        if not path.exists():
            if not create:
                raise NoStoreError(
                    f"{root}: there is no store here; `openletter survey` makes one, --store names another"
                )
            self._refuse_stranger()
            make_folder(self.root)
        self.manifest = Manifest(path)

    def _refuse_stranger(self) -> None:
        with named(self.root):
            if self.root.exists() and (not self.root.is_dir() or any(self.root.iterdir())):
                raise StoreError(
                    f"{self.root}: is there and is no store; give --store an empty or a new folder"
                )

    def close(self) -> None:
        self.manifest.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def add_survey(self, plan: Plan, *, now: float, tool_version: str) -> SurveyRecord:
        """Write down a survey that is about to begin; ``now`` in Unix seconds."""
        record = SurveyRecord(
            id=new_survey_id(now),
            plan=plan,
            tool_version=tool_version,
            state=State.INTERRUPTED,
            started=now,
            finished=None,
            runs=0,
            verdicts="",
            rules_version="",
        )
        self.manifest.add(record)
        return record

    @contextmanager
    def run(self, survey: str) -> Iterator[SurveyRun]:
        """Hold the survey's lock and take up what is done. Raises ``SurveyBusyError`` where another process runs it."""
        self.survey(survey)
        folder = self.root / spool_folder(survey)
        make_folder(folder)
        with Lock(
            folder / ".lock", f"survey {survey} is being run by another process; wait for it or stop it first"
        ):
            yield SurveyRun(self.root, self.manifest, survey)

    def surveys(self) -> list[SurveyRecord]:
        """All of them, the oldest first."""
        return self.manifest.surveys()

    def survey(self, survey: str) -> SurveyRecord:
        """Raises ``NoSurveyError``."""
        return self.manifest.survey(survey)

    def latest(self, *, unfinished: bool = False, judged: bool = False) -> SurveyRecord:
        """The latest survey; of those that are not finished and judged, or of those that have verdicts.

        Raises ``NoSurveyError`` where there is none.
        """
        for record in reversed(self.surveys()):
            if unfinished and record.state is State.FINISHED and (record.verdicts or record.pruned):
                continue
            if judged and not record.verdicts:
                continue
            return record
        what = "unfinished survey" if unfinished else "survey with verdicts" if judged else "survey"
        raise NoSurveyError(f"{self.root}: no {what} in this store")

    def renew_plan(
        self, survey: str, *, authorisation: Authorisation | None, excluded: Iterable[Interval] = ()
    ) -> SurveyRecord:
        """Write down by whose leave the survey goes on, and who must not be asked from now on; all else of its plan stays."""
        plan = self.survey(survey).plan.renewed(authorisation=authorisation, excluded=excluded)
        self.manifest.replace_plan(survey, plan)
        return self.survey(survey)

    def keep_summary(self, survey: str, octets: bytes) -> None:
        """Replace the survey's file for people, ``surveys/<survey>.json``."""
        path = self._summary_path(survey)
        make_folder(path.parent)
        publish(path, octets)

    def summary(self, survey: str) -> bytes | None:
        """What was kept last."""
        path = self._summary_path(survey)
        with named(path):
            return path.read_bytes() if path.exists() else None

    def _summary_path(self, survey: str) -> Path:
        return self.root / "surveys" / f"{survey}.json"

    def shards(self, survey: str) -> list[Published]:
        """What is published of a survey, in the order of its shards."""
        return self.manifest.shards(survey)

    def observations(self, published: Published) -> Path:
        return self.root / published.file

    def certificates(self, published: Published) -> Path:
        return self.root / certificate_file(published.file)

    def current(self, kind: Kind, survey: str = "") -> FileSet | None:
        """The published set of a kind; of some there is one for all surveys."""
        whose = None if kind.of_all else survey
        sets = self.manifest.sets(kind=kind, survey=whose)
        return next((one for one in sets if one.standing is Standing.CURRENT), None)

    def files_of(self, of: FileSet) -> list[Path]:
        return [self.root / of.folder / file.name for file in of.files]

    @contextmanager
    def building(self, *kinds: Kind, survey: str = "") -> Iterator[None]:
        """While new sets are written for a survey, one process at a time; what one that died has left is removed.

        Raises ``SurveyBusyError`` where another process is at it.
        """
        base = self.root / base_of(kinds[0], survey)
        make_folder(base)
        of = f"of survey {survey} " if survey else ""
        with Lock(base / ".lock", f"{kinds[0]} {of}are being written by another process; wait for it"):
            self._remove_unpublished(kinds, survey)
            try:
                yield
            except BaseException:
                self._remove_unpublished(kinds, survey)
                raise

    def _remove_unpublished(self, kinds: Sequence[Kind], survey: str) -> None:
        recorded = {self.root / one.folder for one in self.manifest.sets()}
        for kind in kinds:
            for path in (self.root / base_of(kind, survey)).glob("*"):
                if path.is_dir() and path not in recorded:
                    rmtree(path, ignore_errors=True)

    def remove_leaving(self) -> None:
        """Remove the files of the sets that are ``leaving`` and the spools that do not count any more."""
        for one in self.manifest.sets():
            if one.standing is Standing.LEAVING:
                rmtree(self.root / one.folder, ignore_errors=True)
                self.manifest.forget(one.folder)
        for record in self.surveys():
            if not record.spooled:
                spool = spool_folder(record.id)
                for folder in (spool, certificate_file(spool)):
                    rmtree(self.root / folder, ignore_errors=True)

    def verdict_files(self, record: SurveyRecord) -> list[Path]:
        """The published verdicts, sorted by address. Raises ``NoSurveyError`` where there are none."""
        if record.pruned:
            raise NoSurveyError(was_pruned(record.id))
        if not record.verdicts:
            raise NoSurveyError(
                f"survey {record.id} has no verdicts yet; finish it (openletter survey --resume {record.id}) "
                f"or judge what there is (openletter judge --survey {record.id})"
            )
        current = self.current(Kind.VERDICTS, record.id)
        if current is None:
            # Of a store whose manifest was of version 2: the folder was its own list.
            return sorted((self.root / record.verdicts).glob("[0-9]*.parquet"))
        return self.files_of(current)

    def is_enriched(self, record: SurveyRecord) -> bool:
        """Whether the survey's endpoints stand there with networks, products and certificates."""
        return not record.pruned and self.current(Kind.ENDPOINTS, record.id) is not None

    def endpoint_files(self, record: SurveyRecord) -> list[Path]:
        """The enriched endpoints, sorted by address, or the bare verdicts of a survey that was not enriched.

        Raises ``NoSurveyError`` where there are none.
        """
        verdicts = self.verdict_files(record)
        current = self.current(Kind.ENDPOINTS, record.id)
        return verdicts if current is None else self.files_of(current)
