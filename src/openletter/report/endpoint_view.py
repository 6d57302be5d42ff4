"""One endpoint as pages and documents tell of it: the words of ``check``, in the reader's language, and what was seen."""

from collections.abc import Iterable, Sequence

import msgspec

from openletter.dialogue.observation import Handshake, HandshakeOutcome, Observation
from openletter.enrich.leaf import key_words
from openletter.remedy.remedies import Step
from openletter.remedy.wording import finding_words, recognition_words, severity_words, words_for
from openletter.remedy.words import Words
from openletter.report.clauses import Citation, citations
from openletter.report.host import EndpointReport
from openletter.report.screen import said_before_tls
from openletter.report.service import SERVICES
from openletter.report.visible import Line, Piece, transcript_lines, visible
from openletter.tls.certificate import CertificateFacts, Unreadable, facts
from openletter.tls.distinguished_name import DistinguishedName
from openletter.verdict.classes import Class, Evidence, Severity
from openletter.verdict.findings import FindingName


class Means(msgspec.Struct, frozen=True, kw_only=True):
    """What a class or a finding means, a sentence or two each."""

    crosses: str
    """What crosses in the clear."""
    passive: str
    """What someone can do who only listens."""
    active: str
    """What someone can do in the middle."""


class FindingView(msgspec.Struct, frozen=True, kw_only=True):
    name: FindingName
    title: str
    severity: Severity
    means: Means
    law: str
    clause: tuple[Citation, ...]


class NameView(msgspec.Struct, frozen=True):
    """One kind of attribute of a distinguished name."""

    kind: str
    value: tuple[Piece, ...]


class CertificateView(msgspec.Struct, frozen=True, kw_only=True):
    """One certificate of the chain as it was sent. Text is a stranger's, made visible."""

    place: int
    """0: the server's own."""
    facts: CertificateFacts | None
    """``None``: it cannot be read."""
    subject: tuple[NameView, ...] = ()
    issuer: tuple[NameView, ...] = ()
    key: str = ""
    """``RSA 2048``, ``EC P-256``."""
    names: tuple[tuple[Piece, ...], ...] = ()
    """Host names and addresses that it is for."""
    expired: bool = False
    """At the time at which it was seen."""
    not_yet: bool = False


class TlsView(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt to start TLS."""

    legacy: bool
    handshake: Handshake
    plaintext: tuple[Piece, ...]


class EndpointView(msgspec.Struct, frozen=True, kw_only=True):
    service: str
    """One of :data:`openletter.report.service.SERVICES`."""
    class_: Class
    title: str
    severity: Severity
    """The worst of the class and its findings."""
    severity_words: str
    unknown: bool
    strict: bool
    wide: bool
    evidence: Evidence | None
    """``None`` where the verdict rests on what was seen and not on what the server lists."""
    evidence_words: str
    means: Means
    grounds: tuple[str, ...]
    """Why the verdict is what it is."""
    said: tuple[Piece, ...]
    """The server's own words that it rests on."""
    law: str
    clause: tuple[Citation, ...]
    findings: tuple[FindingView, ...]
    recognition: str
    steps: tuple[Step, ...]
    banner: tuple[Piece, ...]
    capabilities: tuple[tuple[Piece, ...], ...]
    """Before TLS."""
    capabilities_inside: tuple[tuple[Piece, ...], ...]
    tls: tuple[TlsView, ...]
    transcript: tuple[Line, ...]
    certificates: tuple[CertificateView, ...]
    certificates_lost: int
    """That were shown, but are not in the store."""


def _means(words: Words) -> Means:
    return Means(crosses=words.crosses, passive=words.passive, active=words.active)


def _findings(of: EndpointReport, language: str) -> tuple[FindingView, ...]:
    made = []
    for finding in of.verdict.findings:
        words = finding_words(finding, language)
        made.append(
            FindingView(
                name=finding.name,
                title=words.title,
                severity=finding.severity,
                means=_means(words),
                law=words.law,
                clause=citations(words.clause),
            )
        )
    return tuple(sorted(made, key=lambda finding: finding.severity.rank))


def _name(of: DistinguishedName) -> tuple[NameView, ...]:
    fields = msgspec.structs.asdict(of)
    return tuple(NameView(kind, visible(value)) for kind, value in fields.items() if value)


def _certificates(chain: Iterable[bytes], at: float) -> tuple[CertificateView, ...]:
    made = []
    for place, der in enumerate(chain):
        read = facts(der)
        if isinstance(read, Unreadable):
            made.append(CertificateView(place=place, facts=None))
            continue
        made.append(
            CertificateView(
                place=place,
                facts=read,
                subject=_name(read.subject),
                issuer=_name(read.issuer),
                key=key_words(read),
                names=tuple(visible(name) for name in (*read.dns_names, *read.ip_addresses)),
                expired=read.not_after is not None and read.not_after < at,
                not_yet=read.not_before is not None and at < read.not_before,
            )
        )
    return tuple(made)


def _tls(seen: Observation) -> tuple[TlsView, ...]:
    return tuple(
        TlsView(legacy=legacy, handshake=handshake, plaintext=visible(handshake.plaintext))
        for legacy, handshake in ((False, seen.handshake), (True, seen.legacy))
        if handshake.outcome is not HandshakeOutcome.NOT_TRIED
    )


def endpoint_view(of: EndpointReport, chain: Sequence[bytes], language: str) -> EndpointView:
    """``chain``: DER, leaf first, as far as the store has it."""
    seen, verdict = of.observation, of.verdict
    words = words_for(verdict, language)
    about = words.about
    return EndpointView(
        service=SERVICES[seen.protocol, seen.mode],
        class_=verdict.class_,
        title=about.title,
        severity=verdict.worst,
        severity_words=severity_words(verdict.worst, language),
        unknown=verdict.unknown,
        strict=verdict.strict,
        wide=verdict.wide,
        evidence=verdict.evidence if words.evidence else None,
        evidence_words=words.evidence,
        means=_means(about),
        grounds=tuple(filter(None, (words.reason, words.sibling, words.caution))),
        said=visible(said_before_tls(seen, verdict.reason)),
        law=about.law,
        clause=citations(verdict.clause),
        findings=_findings(of, language),
        recognition=recognition_words(of.recognition, language),
        steps=of.remedy.steps,
        banner=visible(seen.banner),
        capabilities=tuple(map(visible, seen.caps_pre)),
        capabilities_inside=tuple(map(visible, seen.caps_post)),
        tls=_tls(seen),
        transcript=transcript_lines(seen.transcript),
        certificates=_certificates(chain, seen.started),
        certificates_lost=len(seen.tls.chain) - len(chain),
    )
