"""All that is to be told of one host: each endpoint's observation, verdict, product and remedy, and the host's verdict."""

from collections.abc import Iterable, Sequence

import msgspec

from openletter.dialogue.observation import Mode, Observation
from openletter.enrich.product import NOT_RECOGNISED, Certainty, Recognition, recognise
from openletter.remedy.remedies import Remedy, remedy_for
from openletter.tls.book import CertificateBook
from openletter.tls.certificate import CertificateFacts, Unreadable, facts
from openletter.tls.faults import certificate_faults
from openletter.tls.trust import Trust
from openletter.verdict.host import HostVerdict, judge_host
from openletter.verdict.verdict import Verdict, judge


class EndpointReport(msgspec.Struct, frozen=True, kw_only=True):
    observation: Observation
    verdict: Verdict
    recognition: Recognition
    remedy: Remedy
    certificate: CertificateFacts | Unreadable | None
    """Of the leaf; ``None`` where none was shown."""


class HostReport(msgspec.Struct, frozen=True, kw_only=True):
    """One address, under the name that it was given by, if any."""

    host: str
    ip: str
    endpoints: tuple[EndpointReport, ...]
    """In the order of their ports."""
    verdict: HostVerdict


_SURE = (Certainty.CERTAIN, Certainty.LIKELY, Certainty.GUESS, Certainty.NONE)


def sibling(of: Observation, among: Iterable[Observation]) -> Observation | None:
    """The endpoint of the same protocol whose TLS begins the other way: 993 for 143, 995 for 110.

    Where several ports of the host are that, the one whose TLS works.
    """
    found = [o for o in among if o.protocol is of.protocol and o.mode is not of.mode]
    return next((o for o in found if o.tls.works), found[0] if found else None)


def product_of_host(observations: Sequence[Observation]) -> Recognition:
    """What the most telling endpoint says: a port inside TLS often names the product that its sibling does not."""
    recognised = [recognise(o) for o in observations]
    return min(recognised, key=lambda r: _SURE.index(r.certainty), default=NOT_RECOGNISED)


def recognition_of(seen: Observation, of_host: Recognition) -> Recognition:
    """What an endpoint says of itself; what its host does where that is only a guess."""
    own = recognise(seen)
    return own if own.certainty in (Certainty.CERTAIN, Certainty.LIKELY) else of_host


def host_reports(
    observations: Iterable[Observation], book: CertificateBook, trust: Trust
) -> list[HostReport]:
    """Reports in the order in which hosts first appear. ``book`` holds the certificates that were seen."""
    hosts: dict[tuple[str, str], list[Observation]] = {}
    for observation in observations:
        hosts.setdefault((observation.host, observation.ip), []).append(observation)
    return [_host_report(host, ip, seen, book, trust) for (host, ip), seen in hosts.items()]


def _host_report(
    host: str, ip: str, seen: list[Observation], book: CertificateBook, trust: Trust
) -> HostReport:
    seen.sort(key=lambda o: o.port)
    of_host = product_of_host(seen)
    endpoints = tuple(_endpoint_report(o, seen, of_host, book, trust) for o in seen)
    return HostReport(host=host, ip=ip, endpoints=endpoints, verdict=judge_host(e.verdict for e in endpoints))


def _endpoint_report(
    seen: Observation,
    neighbours: Sequence[Observation],
    product: Recognition,
    book: CertificateBook,
    trust: Trust,
) -> EndpointReport:
    chain = book.chain(seen.tls.chain)
    faults = certificate_faults(chain, at=seen.started, host=seen.host, trust=trust)
    # Only a cleartext port's verdict rests on its sibling.
    verdict = judge(seen, sibling(seen, neighbours) if seen.mode is Mode.CLEARTEXT else None, faults)
    recognition = recognition_of(seen, product)
    return EndpointReport(
        observation=seen,
        verdict=verdict,
        recognition=recognition,
        remedy=remedy_for(verdict, recognition),
        certificate=facts(chain[0]) if chain else None,
    )
