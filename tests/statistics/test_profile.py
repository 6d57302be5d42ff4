"""What is in one network and of one product, and how that was in each survey: as counted by hand.

What a user loses when these fail: a network's owner, or who mends a product, is told of faults that are not there.
"""

from collections import Counter
from ipaddress import ip_network

import pytest

from openletter.statistics.course import network_course, product_course
from openletter.statistics.database import verdicts_of
from openletter.statistics.diff import Fate, changes, difference_by_country
from openletter.statistics.endpoints import EndpointFilter, list_endpoints
from openletter.statistics.error import NotEnrichedError
from openletter.statistics.export import endpoint_batches
from openletter.statistics.network import in_network
from openletter.statistics.profile import network_profile, product_profile
from openletter.store.error import NoSurveyError
from openletter.store.retention import prune
from openletter.survey.plan import Part
from openletter.verdict.state import merge_state

DAY = 86_400.0
BEGAN = 1_800_000_000.0


def answered(rows, **wanted):
    return [
        row
        for row in rows
        if row["class"] != "unreachable" and all(row[name] == value for name, value in wanted.items())
    ]


def parts(found):
    return {one.what: (one.endpoints, one.strict, one.wide) for one in found}


def counted(rows, column):
    found = {}
    for row in rows:
        endpoints, strict, wide = found.get(row[column], (0, 0, 0))
        found[row[column]] = (endpoints + 1, strict + row["strict"], wide + row["wide"])
    return found


@pytest.mark.parametrize("asn", [64496, 64511, 4200000000])
def test_a_network(opened, rows, asn):
    inside = answered(rows, asn=asn)
    found = network_profile(opened, asn)
    assert found.counts.endpoints == len(inside)
    assert {one.class_: one.endpoints for one in found.classes} == Counter(row["class"] for row in inside)
    for one in found.classes:
        assert one.pop3 + one.imap == one.endpoints
    assert {one.finding: one.endpoints for one in found.findings} == Counter(
        finding for row in inside for finding in row["findings"]
    )
    assert parts(found.products) == counted(inside, "product")


def test_a_network_that_is_not_there(opened):
    found = network_profile(opened, 1)
    assert (found.counts, found.classes, found.findings, found.products) == (None, (), (), ())


@pytest.mark.parametrize(("name", "word"), [("dovecot", "dovecot"), ("unknown", "")])
def test_a_product(opened, rows, name, word):
    inside = answered(rows, product=word)
    found = product_profile(opened, name)
    assert {one.class_: one.endpoints for one in found.classes} == Counter(row["class"] for row in inside)
    assert parts(found.countries) == counted(inside, "country")
    assert sum(one.endpoints for one in found.versions) == len(inside)
    assert sum(one.endpoints for one in found.certainties) == len(inside)
    assert {one.asn: (one.endpoints, one.strict, one.wide) for one in found.networks} == counted(
        inside, "asn"
    )
    affected = [one.wide for one in found.networks]
    assert affected == sorted(affected, reverse=True)


def test_of_a_pruned_survey_it_is_said_that_its_endpoints_are_gone(store, publish, make):
    old = publish(make(20, 1))
    publish(make(20, 2), BEGAN + DAY)
    merge_state(store)
    prune(store, keep=1)
    with verdicts_of(store, store.survey(old.id)) as verdicts:
        for ask in (
            lambda: network_profile(verdicts, 64496),
            lambda: list_endpoints(verdicts, EndpointFilter()),
            lambda: next(endpoint_batches(verdicts, EndpointFilter())),
            lambda: in_network(verdicts, ip_network("192.0.2.0/24")),
        ):
            with pytest.raises(NoSurveyError, match="pruned"):
                ask()


def test_of_a_survey_that_was_not_enriched_it_is_said_how_to_do_that(store, publish, make):
    record = publish(make(20, 1), enriched=False)
    with verdicts_of(store, record) as verdicts, pytest.raises(NotEnrichedError, match="openletter enrich"):
        product_profile(verdicts, "dovecot")


def test_from_survey_to_survey(store, publish, make):
    """Also in a survey that was pruned; one that was not enriched does not know, and is left out."""
    days = [make(30, seed) for seed in (1, 2, 3)]
    records = [publish(rows, BEGAN + DAY * day) for day, rows in enumerate(days)]
    publish(make(10, 4), BEGAN + 3 * DAY, enriched=False)
    merge_state(store)
    prune(store, keep=3)
    networks = network_course(store, 64496)
    products = product_course(store, "dovecot")
    assert [one.survey for one in networks] == [one.survey for one in products] == [one.id for one in records]
    for network, product, rows in zip(networks, products, days, strict=True):
        hosts = {row["ip"] for row in answered(rows, asn=64496)}
        exposed = {row["ip"] for row in answered(rows, asn=64496) if row["wide"]}
        assert (network.hosts.answered, network.hosts.wide) == (len(hosts), len(exposed))
        assert network.hosts.intervals is None
        inside = answered(rows, product="dovecot")
        assert (product.endpoints, product.wide) == (len(inside), sum(row["wide"] for row in inside))
    assert {one.hosts.answered for one in network_course(store, 1)} == {0}


def test_a_sample_of_a_network_has_its_interval(store, publish, make):
    publish(make(30, 1), part=Part(index=0, of=4))
    (one,) = network_course(store, 64496)
    share = one.hosts.wide / one.hosts.answered
    assert one.hosts.intervals.wide.low < share < one.hosts.intervals.wide.high


def test_a_store_without_a_survey_has_no_course(store):
    assert network_course(store, 64496) == product_course(store, "dovecot") == ()


def test_fates_by_country_are_those_of_the_endpoints(store, publish, make):
    before, after = publish(make(60, 1)), publish(make(60, 2), BEGAN + DAY)
    found = difference_by_country(store, before, after)
    by_hand = Counter((one.country, str(one.fate)) for one in changes(store, before, after, list(Fate)))
    assert {
        (one.country, str(fate)): getattr(one, fate) for one in found for fate in Fate if getattr(one, fate)
    } == by_hand
    moved = [sum(getattr(one, fate) for fate in Fate if fate is not Fate.SAME) for one in found]
    assert moved == sorted(moved, reverse=True)
