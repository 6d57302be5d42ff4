"""Without these, what the dashboard is tried on and measured by could be wrong, and nobody would know by how much."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from itertools import pairwise
from pathlib import Path
from shutil import copytree

import pyarrow as pa
import pytest

from openletter.enrich.dataset import of_user
from openletter.enrich.enriching import enrich_survey
from openletter.generated.generating import Order, generate
from openletter.generated.truth import read_truth
from openletter.lab.internet.networks import systems, write_networks
from openletter.lab.internet.population import World
from openletter.lab.internet.truth import UNKNOWN, Class
from openletter.statistics.country import by_country
from openletter.statistics.database import verdicts_of
from openletter.statistics.diff import difference
from openletter.statistics.overview import overview
from openletter.store.error import StoreError
from openletter.store.file_set import Kind
from openletter.store.files import read_table
from openletter.store.observation_table import from_table as observations_of
from openletter.store.record import State
from openletter.store.store import Store
from openletter.store.verification import verify
from openletter.tls.trust import Trust
from openletter.verdict.judging import judge_survey
from openletter.verdict.state import is_merged, merge_files
from openletter.verdict.verdict_table import from_table


def truths(days, day):
    """(address, port) to truth, of a day, from the lab's function of address and day."""
    return {(t.ip, t.port): t for ip in days.world.addresses() for t in days.truths(ip, day)}


def verdicts(store, record):
    rows = [row for path in store.verdict_files(record) for row in from_table(read_table(path))]
    return {(row.ip, row.port): row for row in rows}


@pytest.mark.parametrize("day", [0, 3, 5])
def test_every_endpoint_of_a_day_is_what_the_lab_says(store, days, day):
    """A chart of a generated store would show another world than the one whose truth is known."""
    found, wanted = verdicts(store, store.surveys()[day]), truths(days, day)
    assert found.keys() == wanted.keys()
    for place, truth in wanted.items():
        row = found[place]
        assert (row.class_, row.strict, row.wide, row.country, sorted(row.findings)) == (
            truth.cls,
            truth.strict,
            truth.wide,
            truth.country,
            sorted(truth.findings),
        ), place


def test_the_country_table_of_each_day_is_the_one_that_was_written_down(store, made):
    """bench/web.py compares pages with these numbers: were they wrong, it would call right pages wrong."""
    root, generated = made
    assert read_truth(root) == generated
    assert [each.survey for each in generated.surveys] == [record.id for record in store.surveys()]
    for each in generated.surveys:
        with verdicts_of(store, store.survey(each.survey)) as tables:
            found = sorted(by_country(tables), key=lambda row: row.country)
            assert tuple(found) == each.countries
            assert overview(tables).endpoints == each.endpoints
            assert {row.class_: row.endpoints for row in overview(tables).classes} == each.classes


def test_a_difference_of_two_days_is_the_one_that_can_be_computed(store, days):
    """Trends and differences of the dashboard are looked at with these stores."""
    before, after = truths(days, 1), truths(days, 5)
    wanted = Counter()
    for place in before.keys() | after.keys():
        was, now = before.get(place), after.get(place)
        was_wide, is_wide = was is not None and was.wide, now is not None and now.wide
        if is_wide and was_wide:
            same = was.cls == now.cls and was.findings == now.findings
            wanted["same" if same else "changed"] += 1
        elif is_wide:
            new = was is None or was.cls is Class.UNREACHABLE or was.cls in UNKNOWN
            wanted["appeared" if new else "regressed"] += 1
        elif was_wide:
            if now is None or now.cls is Class.UNREACHABLE:
                wanted["gone"] += 1
            else:
                wanted["unclear" if now.cls in UNKNOWN else "fixed"] += 1
    surveys = store.surveys()
    found = difference(store, surveys[1], surveys[5])
    assert {name: getattr(found, name) for name in (*wanted, "unclear")} == {"unclear": 0, **wanted}
    assert wanted["fixed"] > 0
    assert wanted["appeared"] > 0
    assert wanted["gone"] > 0


def test_observations_are_those_that_the_verdicts_were_made_of(store, made, lab_root, tmp_path):
    """An endpoint's page would show a transcript that does not go with its verdict."""
    record = store.surveys()[-1]
    before = verdicts(store, record)
    kept = store.current(Kind.OBSERVATIONS, record.id)
    seen = [one for path in store.files_of(kept) for one in observations_of(read_table(path))]
    assert {(one.ip, one.port) for one in seen} == before.keys()
    assert all(record.started <= one.started <= record.finished for one in seen)
    assert sum(len(one.transcript) > 3 for one in seen) > len(seen) // 2
    copytree(made[0], tmp_path / "copy")
    with Store(tmp_path / "copy") as copy:
        judge_survey(copy, copy.survey(record.id), Trust(extra_pem=lab_root))
        assert verdicts(copy, copy.survey(record.id)) == before


def endpoints(store, record):
    tables = [read_table(path) for path in store.endpoint_files(record)]
    return pa.concat_tables(tables, promote_options="permissive").to_pylist()


def test_endpoints_are_those_that_enriching_makes(store, made, lab_root, tmp_path):
    """Pages of networks, products and certificates would be tried on what no survey ever comes to."""
    record = store.surveys()[-1]
    assert [each.name for each in record.datasets] == ["Networks of the simulated Internet"]
    copytree(made[0], tmp_path / "copy")
    csv = tmp_path / "networks.csv"
    with csv.open("w") as out:
        write_networks(World(made[1].scale, made[1].seed), out)
    with Store(tmp_path / "copy") as copy:
        judge_survey(copy, copy.survey(record.id), Trust(extra_pem=lab_root))
        enrich_survey(copy, copy.survey(record.id), [of_user(csv, copy.root)])
        again = copy.survey(record.id)
        assert again.enriched != record.enriched
        assert again.datasets == record.datasets
        assert endpoints(copy, again) == endpoints(store, record)


def test_the_state_is_the_one_that_merging_comes_to(store, made, tmp_path):
    """How long servers stay exposed would be tried on a history that no series of surveys leaves."""
    told = store.current(Kind.STATE)
    before = pa.concat_tables([read_table(path) for path in store.files_of(told)]).to_pylist()
    assert sum(row["exposed_until"] is not None for row in before) > 10
    assert sum(row["previous_class"] != "" for row in before) > 10
    merged: list[Path] = []
    for number, record in enumerate(store.surveys()):
        target = tmp_path / str(number)
        target.mkdir()
        files = merge_files(
            merged, store.endpoint_files(record), at=record.started, target=target, spill=tmp_path
        )
        merged = [target / file.name for file in files]
    assert pa.concat_tables([read_table(path) for path in merged]).to_pylist() == before


def test_each_host_is_in_the_network_that_announces_it(store, days):
    """A network's page would show a neighbour's hosts."""
    of = {ip: each for each in systems(days.world) for ip in range(each.first, each.last + 1)}
    for row in endpoints(store, store.surveys()[0]):
        system = of[int(IPv4Address(row["ip"]))]
        assert (row["asn"], row["network_name"]) == (system.number, system.name)


def test_only_the_latest_surveys_keep_their_observations(store):
    """A store of thirty days would take ten times the disk that was asked for, or have no transcript at all."""
    kept = [store.current(Kind.OBSERVATIONS, record.id) is not None for record in store.surveys()]
    assert kept == [False, False, False, False, True, True]


def test_each_survey_is_whole_finished_and_merged(store):
    """`openletter store verify` would complain, or the next merge would begin with thirty old surveys."""
    assert verify(store).complaints == ()
    for record in store.surveys():
        assert record.state is State.FINISHED
        assert is_merged(record)
    began = [datetime.fromtimestamp(record.started, UTC) for record in store.surveys()]
    assert {later - earlier for earlier, later in pairwise(began)} == {timedelta(days=1)}
    assert {moment.hour for moment in began} == {0}


def test_a_store_is_not_written_over(made):
    """Somebody's real store would get thirty invented surveys."""
    with pytest.raises(StoreError, match="already"):
        generate(made[0], Order(scale=4000, days=1, seed=1))


@pytest.mark.parametrize("at", ["populating the world", "writing the surveys", "counting the truth"])
@pytest.mark.parametrize("there", [True, False])
def test_a_store_that_was_broken_off_leaves_nothing(tmp_path, cache, at, there):
    """Ctrl-C would leave a store of which half the surveys are missing, and no way to go on."""
    root = tmp_path / "store"
    if there:
        root.mkdir()

    def stop(doing, _done, _of):
        if doing == at:
            raise KeyboardInterrupt

    order = Order(scale=100_000, days=2, seed=1)
    with pytest.raises(KeyboardInterrupt):
        generate(root, order, cache=cache, processes=1, watch=stop)
    assert root.exists() == there
    assert not there or not list(root.iterdir())


def test_an_order_that_cannot_be_is_refused(tmp_path):
    """A mistyped --full would make a store in which nothing has a transcript, without a word."""
    with pytest.raises(ValueError, match="full"):
        generate(tmp_path / "store", Order(scale=4000, days=1, full=2, seed=1))
    with pytest.raises(ValueError, match="days"):
        generate(tmp_path / "store", Order(scale=4000, days=0, full=0, seed=1))
    assert not (tmp_path / "store").exists()
