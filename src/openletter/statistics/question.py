"""All questions by their names: what the command line, the pages and the interface for programs ask."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec

from openletter.statistics import parameters as of
from openletter.statistics.asn import AsnCounts, by_asn
from openletter.statistics.certificate import (
    CertificateCount,
    by_issuer,
    by_key,
    by_signature,
    certificate_faults,
)
from openletter.statistics.classes import ClassCount, by_class
from openletter.statistics.country import CountryCounts, by_country
from openletter.statistics.course import NetworkMoment, ProductMoment, network_course, product_course
from openletter.statistics.database import Verdicts, verdicts_of
from openletter.statistics.diff import CountryDifference, Difference, difference, difference_by_country
from openletter.statistics.error import BadQuestionError
from openletter.statistics.findings import FindingCount, by_finding
from openletter.statistics.league import LeagueRow, league
from openletter.statistics.network import NetworkCounts, top_networks
from openletter.statistics.overlap import Overlap, overlap
from openletter.statistics.overview import Overview, overview
from openletter.statistics.persistence import Persistence, persistence
from openletter.statistics.product import ProductCounts, by_product
from openletter.statistics.profile import NetworkProfile, ProductProfile, network_profile, product_profile
from openletter.statistics.severity import SeverityCount, by_severity
from openletter.statistics.timeline import Moment, timeline
from openletter.statistics.tls import CipherCount, TlsVersionCount, by_cipher, by_tls_version
from openletter.store.error import NoSurveyError
from openletter.store.record import SurveyRecord
from openletter.store.store import Store

Parameters = TypeVar("Parameters", bound=msgspec.Struct)


class Certificates(msgspec.Struct, frozen=True, kw_only=True):
    issuers: tuple[CertificateCount, ...]
    """At most as many as asked for."""
    keys: tuple[CertificateCount, ...]
    signatures: tuple[CertificateCount, ...]
    faults: tuple[FindingCount, ...]


class Question(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    title: str
    """What the answer is, as a heading."""
    parameters: type[msgspec.Struct]
    """What it may be asked with; all of it has defaults."""
    answer: Any
    """The type of the answer: a struct, or a tuple of one."""
    of_all_surveys: bool
    """Whether it is asked of the whole store; the others are asked of one survey."""
    enriched: bool
    """Whether it can only be asked of a survey that was enriched."""
    answering: Callable[[Store, SurveyRecord | None, Verdicts | None, Any], Any]

    def read(self, words: Mapping[str, object]) -> Any:
        """Parameters of words, as a query string has them, or of values. Raises BadQuestionError."""
        return of.read(self.parameters, words)

    def ask(
        self,
        store: Store,
        record: SurveyRecord | None = None,
        parameters: msgspec.Struct | None = None,
        *,
        verdicts: Verdicts | None = None,
    ) -> Any:
        """The answer, of type ``answer``.

        ``record``: the survey; the latest judged where it is none. ``verdicts``: its tables, where they are open
        already. Raises BadQuestionError, NoSurveyError, NotEnrichedError, StoreError.
        """
        asked = self.read({}) if parameters is None else parameters
        if self.of_all_surveys:
            return self.answering(store, record, None, asked)
        about = record if record is not None else store.latest(judged=True)
        if verdicts is not None:
            return self.answering(store, about, verdicts, asked)
        with verdicts_of(store, about) as opened:
            return self.answering(store, about, opened, asked)


def _of_survey(
    name: str,
    title: str,
    shape: type[Parameters],
    answer: Any,
    ask: Callable[[Verdicts, Parameters], Any],
    *,
    enriched: bool = False,
) -> Question:
    def answering(
        _: Store, _record: SurveyRecord | None, verdicts: Verdicts | None, asked: Parameters
    ) -> Any:
        assert verdicts is not None
        return ask(verdicts, asked)

    return Question(
        name=name,
        title=title,
        parameters=shape,
        answer=answer,
        of_all_surveys=False,
        enriched=enriched,
        answering=answering,
    )


def _of_store(
    name: str,
    title: str,
    shape: type[Parameters],
    answer: Any,
    ask: Callable[[Store, SurveyRecord | None, Parameters], Any],
) -> Question:
    def answering(store: Store, record: SurveyRecord | None, _: Verdicts | None, asked: Parameters) -> Any:
        return ask(store, record, asked)

    return Question(
        name=name,
        title=title,
        parameters=shape,
        answer=answer,
        of_all_surveys=True,
        enriched=False,
        answering=answering,
    )


def _certificates(verdicts: Verdicts, asked: of.Top) -> Certificates:
    return Certificates(
        issuers=by_issuer(verdicts, asked.most),
        keys=by_key(verdicts),
        signatures=by_signature(verdicts),
        faults=certificate_faults(verdicts),
    )


def earlier_than(store: Store, record: SurveyRecord) -> SurveyRecord:
    """The judged survey before one. Raises NoSurveyError where there is none."""
    for one in reversed(store.surveys()):
        if one.verdicts and one.id < record.id:
            return one
    raise NoSurveyError(f"{store.root}: there is no judged survey before {record.id}")


def _two(store: Store, record: SurveyRecord | None, asked: of.Against) -> tuple[SurveyRecord, SurveyRecord]:
    after = record if record is not None else store.latest(judged=True)
    before = store.survey(asked.before) if asked.before else earlier_than(store, after)
    if before.id == after.id:
        raise BadQuestionError(f"before: {before.id}: that is the survey itself; give an earlier one")
    return before, after


QUESTIONS: dict[str, Question] = {
    one.name: one
    for one in (
        _of_survey("overview", "What the survey found", of.Nothing, Overview, lambda v, _: overview(v)),
        _of_survey(
            "countries", "Hosts by country", of.Nothing, tuple[CountryCounts, ...], lambda v, _: by_country(v)
        ),
        _of_survey(
            "networks",
            "Hosts by network (AS)",
            of.TopInCountry,
            tuple[AsnCounts, ...],
            lambda v, asked: by_asn(v, country=asked.country, most=asked.most),
            enriched=True,
        ),
        _of_survey(
            "prefixes",
            "The most affected networks of addresses (/24, /48)",
            of.Top,
            tuple[NetworkCounts, ...],
            lambda v, asked: top_networks(v, asked.most),
        ),
        _of_survey(
            "products",
            "Endpoints by product",
            of.InCountry,
            tuple[ProductCounts, ...],
            lambda v, asked: by_product(v, country=asked.country),
            enriched=True,
        ),
        _of_survey(
            "classes",
            "Endpoints by class",
            of.InCountry,
            tuple[ClassCount, ...],
            lambda v, asked: by_class(v, country=asked.country),
        ),
        _of_survey(
            "severities",
            "Endpoints by severity",
            of.InCountry,
            tuple[SeverityCount, ...],
            lambda v, asked: by_severity(v, country=asked.country),
        ),
        _of_survey(
            "findings",
            "Endpoints by finding",
            of.InCountry,
            tuple[FindingCount, ...],
            lambda v, asked: by_finding(v, country=asked.country),
            enriched=True,
        ),
        _of_survey("certificates", "Certificates", of.Top, Certificates, _certificates, enriched=True),
        _of_survey(
            "tls-versions",
            "Endpoints by version of TLS",
            of.InCountry,
            tuple[TlsVersionCount, ...],
            lambda v, asked: by_tls_version(v, country=asked.country),
            enriched=True,
        ),
        _of_survey(
            "ciphers",
            "Endpoints by cipher",
            of.TopInCountry,
            tuple[CipherCount, ...],
            lambda v, asked: by_cipher(v, asked.most, country=asked.country),
            enriched=True,
        ),
        _of_survey(
            "overlap",
            "Hosts affected on POP3, on IMAP, on both",
            of.InCountry,
            Overlap,
            lambda v, asked: overlap(v, country=asked.country),
        ),
        _of_survey(
            "league",
            "Countries by rate or by count",
            of.LeagueTerms,
            tuple[LeagueRow, ...],
            lambda v, asked: league(v, count=asked.count, by=asked.by, minimum_hosts=asked.minimum_hosts),
        ),
        _of_store(
            "timeline",
            "All surveys",
            of.InCountry,
            tuple[Moment, ...],
            lambda store, _, asked: timeline(store, country=asked.country),
        ),
        _of_store(
            "persistence",
            "How long endpoints stay exposed",
            of.InCountry,
            Persistence,
            lambda store, _, asked: persistence(store, country=asked.country),
        ),
        _of_store(
            "difference",
            "Two surveys against each other",
            of.Against,
            Difference,
            lambda store, record, asked: difference(store, *_two(store, record, asked)),
        ),
        _of_store(
            "difference-by-country",
            "Two surveys against each other, by country",
            of.Against,
            tuple[CountryDifference, ...],
            lambda store, record, asked: difference_by_country(store, *_two(store, record, asked)),
        ),
        _of_survey(
            "network",
            "What is in one network (AS)",
            of.OfNetwork,
            NetworkProfile,
            lambda v, asked: network_profile(v, asked.asn),
            enriched=True,
        ),
        _of_survey(
            "product",
            "One product: classes, findings, versions and places",
            of.OfProduct,
            ProductProfile,
            lambda v, asked: product_profile(v, asked.product),
            enriched=True,
        ),
        _of_store(
            "network-timeline",
            "One network (AS) in all surveys",
            of.OfNetwork,
            tuple[NetworkMoment, ...],
            lambda store, _, asked: network_course(store, asked.asn),
        ),
        _of_store(
            "product-timeline",
            "One product in all surveys",
            of.OfProduct,
            tuple[ProductMoment, ...],
            lambda store, _, asked: product_course(store, asked.product),
        ),
    )
}
"""By name."""


def question(name: str) -> Question:
    """Raises BadQuestionError."""
    if name not in QUESTIONS:
        raise BadQuestionError(f"{name[:40]!r} is no question; the questions are: {', '.join(QUESTIONS)}")
    return QUESTIONS[name]
