"""Every question against the same count in plain Python.

What a user loses when these fail: the numbers of the dashboard, the reports and the command line are wrong.
"""

from collections import Counter
from shutil import rmtree

import pytest

from openletter.statistics.asn import asns_named, by_asn, one_asn
from openletter.statistics.certificate import by_issuer, by_key, by_signature, certificate_faults
from openletter.statistics.classes import by_class
from openletter.statistics.country import by_country
from openletter.statistics.database import verdicts_of
from openletter.statistics.error import NotEnrichedError
from openletter.statistics.findings import by_finding
from openletter.statistics.interval import of_endpoints, wilson
from openletter.statistics.league import league
from openletter.statistics.overlap import overlap
from openletter.statistics.overview import overview
from openletter.statistics.product import by_product
from openletter.statistics.question import QUESTIONS
from openletter.statistics.severity import by_severity
from openletter.statistics.timeline import timeline
from openletter.statistics.tls import by_cipher, by_tls_version
from openletter.store.file_set import Kind
from openletter.store.retention import prune
from openletter.survey.plan import Part
from openletter.verdict.classes import Severity
from openletter.verdict.state import merge_state

COUNTRIES = [None, "JP", "ZZ", "FR"]


@pytest.fixture
def verdicts(store, record):
    with verdicts_of(store, record) as opened:
        yield opened


def of(rows, country):
    """What a filter by country leaves of the rows."""
    return [row for row in rows if country is None or row["country"] == country.replace("ZZ", "")]


def answered(rows):
    return [row for row in rows if row["class"] != "unreachable"]


def five(counts):
    return (counts.probed, counts.answered, counts.unknown, counts.strict, counts.wide)


def protocols(rows):
    return (
        sum(row["protocol"] == "pop3" for row in rows),
        sum(row["protocol"] == "imap" for row in rows),
        len(rows),
    )


def grouped(rows, key):
    groups = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups


def test_overview_and_countries(verdicts, rows, by_hand):
    whole = overview(verdicts)
    assert five(whole.hosts_either) == by_hand(rows).five()
    assert five(whole.hosts_pop3) == by_hand(rows).five("pop3")
    for country in by_country(verdicts):
        hand = by_hand([row for row in rows if row["country"] == country.country])
        assert five(country.hosts_either) == hand.five()
        assert five(country.hosts_imap) == hand.five("imap")


@pytest.mark.parametrize("country", COUNTRIES)
def test_networks(verdicts, rows, by_hand, country):
    wanted = {}
    for asn, some in grouped(answered(of(rows, country)), lambda row: row["asn"]).items():
        hand = by_hand(some)
        _, hosts, unknown, strict, wide = hand.five()
        wanted[asn] = (
            (hosts, unknown, strict, wide),
            *((n[1], n[3], n[4]) for n in (hand.five("pop3"), hand.five("imap"))),
            len(some),
            some[0]["network_name"],
        )
    found = by_asn(verdicts, country=country)
    assert {
        one.asn: (
            (one.hosts.answered, one.hosts.unknown, one.hosts.strict, one.hosts.wide),
            (one.pop3.answered, one.pop3.strict, one.pop3.wide),
            (one.imap.answered, one.imap.strict, one.imap.wide),
            one.endpoints,
            one.name,
        )
        for one in found
    } == wanted
    assert [one.hosts.wide for one in found] == sorted((one.hosts.wide for one in found), reverse=True)
    assert by_asn(verdicts, country=country, most=2) == found[:2]


def test_one_network(verdicts):
    first = by_asn(verdicts)[0]
    assert one_asn(verdicts, first.asn) == first
    assert one_asn(verdicts, 65551) is None
    assert [one.asn for one in asns_named(verdicts, "example", 5)] == [
        one.asn for one in by_asn(verdicts) if one.asn in (64496, 64497)
    ]
    assert asns_named(verdicts, "_", 5)[0].name == "EXAMPLE_NET Ltd"


@pytest.mark.parametrize("country", COUNTRIES)
def test_products(verdicts, rows, country):
    groups = grouped(answered(of(rows, country)), lambda row: row["product"])
    found = by_product(verdicts, country=country)
    assert {one.product: (one.pop3, one.imap, one.endpoints) for one in found} == {
        product: protocols(some) for product, some in groups.items()
    }
    for one in found:
        some = groups[one.product]
        assert one.strict == sum(row["strict"] for row in some)
        assert one.wide == sum(row["wide"] for row in some)
        assert {part.class_: part.endpoints for part in one.classes} == Counter(row["class"] for row in some)


@pytest.mark.parametrize("country", COUNTRIES)
def test_classes_and_severities(verdicts, rows, country):
    inside = of(rows, country)
    assert {
        one.class_: (one.pop3, one.imap, one.endpoints) for one in by_class(verdicts, country=country)
    } == {word: protocols(some) for word, some in grouped(inside, lambda row: row["class"]).items()}
    severities = by_severity(verdicts, country=country)
    assert {
        one.severity: (one.pop3, one.imap, one.endpoints, one.unknown, one.wide) for one in severities
    } == {
        Severity(word): (*protocols(some), sum(r["unknown"] for r in some), sum(r["wide"] for r in some))
        for word, some in grouped(answered(inside), lambda row: row["severity"]).items()
    }
    assert [one.severity for one in severities] == sorted((one.severity for one in severities), reverse=True)


@pytest.mark.parametrize("country", COUNTRIES)
def test_findings(verdicts, rows, country):
    having = [(finding, row) for row in of(rows, country) for finding in row["findings"]]
    wanted = {
        finding: protocols([row for _, row in pairs])
        for finding, pairs in grouped(having, lambda pair: pair[0]).items()
    }
    found = by_finding(verdicts, country=country)
    assert {one.finding: (one.pop3, one.imap, one.endpoints) for one in found} == wanted
    assert {one.finding: one.severity for one in found}.get("anonymous_login", "high") == "high"
    faults = certificate_faults(verdicts, country=country)
    assert {one.finding for one in faults} == {name for name in wanted if name.startswith("cert_")}


@pytest.mark.parametrize("country", COUNTRIES)
def test_tls(verdicts, rows, country):
    inside = answered(of(rows, country))
    found = by_tls_version(verdicts, country=country)
    assert {
        one.version: (one.pop3, one.imap, one.starttls, one.implicit, one.endpoints) for one in found
    } == {
        version: (
            *protocols(some)[:2],
            sum(row["mode"] == "cleartext" for row in some),
            sum(row["mode"] == "implicit" for row in some),
            len(some),
        )
        for version, some in grouped(inside, lambda row: row["tls_version"]).items()
    }
    ciphers = by_cipher(verdicts, country=country)
    assert {(one.cipher, one.version): one.endpoints for one in ciphers} == Counter(
        (row["cipher"], row["tls_version"]) for row in inside if row["tls_version"]
    )
    assert by_cipher(verdicts, 1, country=country) == ciphers[:1]


def test_certificates(verdicts, rows):
    showing = [row for row in rows if row["certificate"]]
    for ask, column in ((by_issuer, "cert_issuer"), (by_key, "cert_key"), (by_signature, "cert_signature")):
        groups = grouped(showing, lambda row, column=column: row[column])
        assert {one.what: (one.endpoints, one.certificates) for one in ask(verdicts)} == {
            what: (len(some), len({row["certificate"] for row in some})) for what, some in groups.items()
        }
    assert by_issuer(verdicts, 1) == by_issuer(verdicts)[:1]


@pytest.mark.parametrize("country", COUNTRIES)
@pytest.mark.parametrize("what", ["strict", "wide"])
def test_overlap(verdicts, rows, by_hand, country, what):
    cut = Counter()
    inside = of(rows, country)
    for endpoints in by_hand(inside).hosts.values():
        pop3, imap = (
            any(one[what] for one in endpoints if one["protocol"] == protocol)
            for protocol in ("pop3", "imap")
        )
        cut[pop3, imap] += 1
    found = overlap(verdicts, country=country)
    side = getattr(found, what)
    assert (side.only_pop3, side.only_imap, side.both) == (
        cut[True, False],
        cut[False, True],
        cut[True, True],
    )
    assert five(found.hosts) == by_hand(inside).five()


@pytest.mark.parametrize("by", ["rate", "count"])
@pytest.mark.parametrize("count", ["strict", "wide"])
def test_league(verdicts, rows, by_hand, by, count):
    found = league(verdicts, count=count, by=by, minimum_hosts=1)
    wanted = {}
    for country in {row["country"] for row in rows if row["country"]}:
        _, hosts, _, strict, wide = by_hand([row for row in rows if row["country"] == country]).five()
        wanted[country] = (strict if count == "strict" else wide, hosts)
    assert {one.country: (one.exposed, one.answered) for one in found} == wanted
    for one in found:
        assert one.per_1000 == pytest.approx(1_000 * one.exposed / one.answered)
        assert one.interval is None
    order = [one.per_1000 if by == "rate" else one.exposed for one in found]
    assert order == sorted(order, reverse=True)
    least = min(hosts for _, hosts in wanted.values())
    assert len(league(verdicts, minimum_hosts=least + 1)) < len(found)


@pytest.mark.parametrize("country", COUNTRIES)
def test_the_timeline_knows_pruned_surveys_too(store, publish, make, by_hand, country):
    days = [make(40, seed) for seed in (1, 2, 3)]
    records = [publish(rows, 1_800_000_000.0 + 86_400 * day) for day, rows in enumerate(days)]
    merge_state(store)
    prune(store, keep=1)
    found = timeline(store, country=country)
    assert [one.survey for one in found] == [record.id for record in records]
    for one, rows in zip(found, days, strict=True):
        inside = of(rows, country)
        assert five(one.hosts_either) == by_hand(inside).five()
        assert five(one.hosts_pop3) == by_hand(inside).five("pop3")
        assert five(one.hosts_imap) == by_hand(inside).five("imap")
        assert {count.class_: count.endpoints for count in one.classes} == Counter(
            row["class"] for row in inside
        )


FROM_COUNTS_ALONE = [
    name
    for name in QUESTIONS
    if name not in ("difference", "difference-by-country", "persistence", "network", "product")
]


@pytest.mark.parametrize("name", FROM_COUNTS_ALONE)
def test_rankings_open_no_file_of_endpoints(store, record, name):
    """A dashboard over millions of endpoints answers from kilobytes: it still does with all the rest gone."""
    before = QUESTIONS[name].ask(store, record)
    for kind in (Kind.ENDPOINTS, Kind.VERDICTS, Kind.OBSERVATIONS):
        rmtree(store.root / kind)
    assert QUESTIONS[name].ask(store, record) == before


@pytest.mark.parametrize("name", [name for name, question in QUESTIONS.items() if question.enriched])
def test_what_a_bare_survey_cannot_answer_says_how_it_can(store, publish, rows, name):
    bare = publish(rows, enriched=False)
    with pytest.raises(NotEnrichedError, match=f"openletter enrich --survey {bare.id}"):
        QUESTIONS[name].ask(store, bare)


def test_a_sample_says_how_sure_it_is(store, publish, rows):
    sampled = publish(rows, part=Part(index=0, of=4))
    with verdicts_of(store, sampled) as verdicts:
        for one in (*by_country(verdicts), overview(verdicts)):
            counts = one.hosts_either
            assert counts.intervals.wide == wilson(counts.wide, counts.answered)
            assert counts.intervals.strict == wilson(counts.strict, counts.answered)
        a_host = len(rows) / len({row["ip"] for row in rows})
        endpoints = overview(verdicts).endpoints
        assert endpoints.intervals.wide == of_endpoints(endpoints.wide, endpoints.answered, a_host)
        product = by_product(verdicts)[0]
        assert product.intervals.wide == of_endpoints(product.wide, product.endpoints, a_host)
        row = league(verdicts, minimum_hosts=1)[0]
        assert row.interval == wilson(row.exposed, row.answered)
        network = by_asn(verdicts)[0].hosts
        assert network.intervals.wide == wilson(network.wide, network.answered)
        assert overlap(verdicts).hosts.intervals is not None
    (moment,) = timeline(store)
    assert moment.sampled
    assert moment.hosts_either.intervals.wide == wilson(
        moment.hosts_either.wide, moment.hosts_either.answered
    )
