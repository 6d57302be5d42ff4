"""Two surveys against each other, and one address through all of them, as one counts by hand.

What a user loses when these fail: whether a warning has helped.
"""

from ipaddress import ip_address

import pyarrow as pa
import pytest

from openletter.dialogue.observation import Mode, Observation, Protocol, Tcp
from openletter.scope.build import build_scope
from openletter.scope.target import parse_target
from openletter.statistics.diff import Difference, Fate, changes, difference
from openletter.statistics.history import address_history, countries_over_time
from openletter.store.file_set import FileSet, Kind, StoredFile
from openletter.store.files import publish_whole_table
from openletter.store.observation_table import sort_key, to_batch
from openletter.store.record import State
from openletter.store.retention import prune
from openletter.store.store import Store
from openletter.survey.plan import Conditions, Plan, Vantage
from openletter.verdict.classes import STRICT, UNKNOWN, WIDE, Class, Evidence, Report, Severity
from openletter.verdict.facts import Sibling
from openletter.verdict.findings import Finding, FindingName
from openletter.verdict.login import Reason
from openletter.verdict.rollup import write_rollups
from openletter.verdict.state import merge_state
from openletter.verdict.verdict import Verdict
from openletter.verdict.verdict_table import to_table

# address: class (and a finding) before and after; a dash where the survey does not have it
FATES = {
    "192.0.2.1": ("-", "no_tls", Fate.APPEARED),
    "192.0.2.2": ("unreachable", "no_tls", Fate.APPEARED),
    "192.0.2.3": ("tls_required", "tls_optional", Fate.REGRESSED),
    "192.0.2.4": ("silent", "no_tls", Fate.APPEARED),
    "192.0.2.5": ("no_tls", "tls_required", Fate.FIXED),
    "192.0.2.6": ("no_tls", "-", Fate.GONE),
    "192.0.2.7": ("no_tls", "unreachable", Fate.GONE),
    "192.0.2.8": ("no_tls", "silent", Fate.UNCLEAR),
    "192.0.2.9": ("no_tls", "tls_optional", Fate.CHANGED),
    "192.0.2.10": ("no_tls", "no_tls+cert_expired", Fate.CHANGED),
    "2001:db8::1": ("no_tls", "no_tls", Fate.SAME),
    "2001:db8::2": ("tls_required", "silent", None),
    "2001:db8::3": ("tls_required", "tls_required+cert_expired", None),
    "2001:db8::4": ("-", "tls_required", None),
    "2001:db8::5": ("unreachable", "unreachable", None),
}


def verdict(word):
    name, _, finding = word.partition("+")
    cls = Class(name)
    return Verdict(
        class_=cls,
        severity=Severity.LOW,
        unknown=cls in UNKNOWN,
        evidence=Evidence.ADVERTISED,
        report=Report.NONE,
        strict=cls in STRICT,
        wide=cls in WIDE,
        sibling=Sibling.UNKNOWN,
        findings=(Finding(FindingName(finding), Severity.LOW, ""),) if finding else (),
        reason=Reason.NOT_ASKED,
        clause="",
        protocol=Protocol.IMAP,
        mode=Mode.CLEARTEXT,
    )


def judged(store, began, words):
    """A judged survey; each endpoint in a file of its own, so that there are many ranges."""
    scope = build_scope([parse_target("192.0.2.0/24")])
    plan = Plan(
        scope=scope.description, endpoints=1, seed=1, shards=1, conditions=Conditions(), vantage=Vantage()
    )
    record = store.add_survey(plan, now=began, tool_version="0")
    store.manifest.end_run(record.id, State.FINISHED, began + 1)
    folder = f"verdicts/{record.id}/1-00000000"
    (store.root / folder).mkdir(parents=True)
    files = []
    for number, (ip, word) in enumerate(sorted(words.items(), key=lambda item: sort_key(item[0]))):
        seen = Observation(
            ip=ip, port=143, country="NL", protocol=Protocol.IMAP, mode=Mode.CLEARTEXT, tcp=Tcp.OPEN
        )
        table = to_table(pa.Table.from_batches([to_batch([seen])]), [verdict(word)], pa.array([0]))
        name = f"{number:06d}.parquet"
        written = publish_whole_table(store.root / folder / name, table)
        files.append(StoredFile(name=name, rows=1, octets=written.octets, sha256=written.sha256))
    verdicts = FileSet(folder=folder, kind=Kind.VERDICTS, survey=record.id, files=tuple(files))
    store.manifest.publish(
        [verdicts, write_rollups(store, record.id, store.files_of(verdicts))], rules_version="1"
    )
    return store.survey(record.id)


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "store", create=True) as opened:
        yield opened


@pytest.fixture
def two(store):
    before = {ip: words[0] for ip, words in FATES.items() if words[0] != "-"}
    after = {ip: words[1] for ip, words in FATES.items() if words[1] != "-"}
    return judged(store, 1_800_000_000.0, before), judged(store, 1_800_086_400.0, after)


@pytest.fixture(params=[1, 1_000_000], ids=["a range a row", "one range"])
def ranges(request, monkeypatch):
    monkeypatch.setattr("openletter.statistics.diff.RANGE_ROWS", request.param)


@pytest.mark.usefixtures("ranges")
def test_every_fate_is_counted(store, two):
    before, after = two
    assert difference(store, before, after) == Difference(
        before=before.id,
        after=after.id,
        appeared=3,
        regressed=1,
        fixed=1,
        gone=2,
        unclear=1,
        changed=2,
        same=1,
    )


@pytest.mark.usefixtures("ranges")
def test_every_endpoint_is_listed_with_what_it_was_and_is(store, two):
    found = list(changes(store, *two, list(Fate)))
    assert [change.ip for change in found] == [ip for ip, words in FATES.items() if words[2] is not None]
    for change in found:
        before, after, fate = FATES[change.ip]
        assert change.fate is fate
        assert change.country == "NL"
        assert "+".join([change.class_before or "-", *change.findings_before]) == before
        assert "+".join([change.class_after or "-", *change.findings_after]) == after
    fixed = changes(store, *two, [Fate.FIXED])
    assert [change.ip for change in fixed] == ["192.0.2.5"]
    assert list(changes(store, *two, [])) == []


def test_the_history_of_an_address(store, two):
    seen = address_history(store, ip_address("192.0.2.5"))
    assert [(one.survey, one.class_) for one in seen] == [(two[0].id, "no_tls"), (two[1].id, "tls_required")]
    assert [one.class_ for one in address_history(store, ip_address("192.0.2.1"))] == ["no_tls"]
    assert address_history(store, ip_address("192.0.2.200")) == ()


def test_countries_over_time_know_pruned_surveys_too(store, two):
    merge_state(store)
    found = countries_over_time(store)
    assert [one.survey for one in found] == [record.id for record in two]
    assert [one.countries[0].hosts_imap.wide for one in found] == [7, 7]
    assert prune(store, keep=1).surveys == (two[0].id,)
    assert countries_over_time(store) == found
