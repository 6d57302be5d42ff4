"""Whether a chain of certificates ends at a root that is trusted, and if not, why.

The path is found and judged by ``cryptography``'s verifier, under the rules of the web's public CAs. A mail client
asks two questions that the verifier answers as one: is the issuer known, and is it the right time? So a chain that
fails is tried again at moments when its certificates were in force; if it stands then, only the date is at fault.
What fails still is shown to OpenSSL (:mod:`openletter.tls.issuers`): an owner is not told that a CA is unknown where
it only bends the rules of browsers.
"""

import hashlib
import re
import ssl
import warnings
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

import certifi
import msgspec
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
)

from openletter.tls.certificate import CertificateFacts, facts
from openletter.tls.frame import MAX_DER_BYTES
from openletter.tls.issuers import Issuers

MAX_CHAIN = 10
"""Certificates of a chain that are looked at; OpenSSL's clients stop at the same depth by default."""

_CACHED_CHAINS = 4096  # some 3 MB
_SPANS = 8  # of one chain; a survey needs one, a history judged anew a few
_EARLIEST = -62135596800  # 0001-01-01T00:00:00Z
_LATEST = 253402300799  # 9999-12-31T23:59:59Z, the last second that datetime can say
_SERVER_USES = {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}


class ChainReason(StrEnum):
    OK = "ok"
    UNKNOWN_CA = "unknown_ca"
    """No path to a trusted root that the rules allow: a private CA, a self-signed certificate, an intermediate that
    was not sent, an issuer that may not issue this, or bytes that do not parse as a certificate."""
    EXPIRED = "expired"
    """The path stands but for a certificate on it that has run out."""
    NOT_YET_VALID = "not_yet_valid"
    """The path stands but for a certificate on it that is not in force yet."""
    WEAK_SIGNATURE = "weak_signature"
    """The issuer is known and stands, but signed this certificate over MD5 or SHA-1, which no client takes."""


class ChainResult(msgspec.Struct, frozen=True):
    reason: ChainReason

    @property
    def valid(self) -> bool:
        return self.reason is ChainReason.OK


def _load(certificate: bytes) -> x509.Certificate | None:
    if len(certificate) > MAX_DER_BYTES:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return x509.load_der_x509_certificate(certificate)
    except (ValueError, x509.InvalidVersion):
        return None


def _signs_certificates(_: Policy, __: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    if usage is not None and not usage.key_cert_sign:
        raise ValueError("may not sign certificates")


def _serves(_: Policy, __: x509.Certificate, uses: x509.ExtendedKeyUsage | None) -> None:
    if uses is not None and _SERVER_USES.isdisjoint(uses):
        raise ValueError("not for servers")


def _policies() -> tuple[ExtensionPolicy, ExtensionPolicy]:
    """What a CA and what a server must say of itself (RFC 5280 §4.2.1.3, §4.2.1.9, §4.2.1.12).

    The verifier's own defaults are those of browsers (a subjectAltName, an authority key identifier) and would
    call a chain unknown that every mail program takes.
    """
    any_way = Criticality.AGNOSTIC
    server = ExtensionPolicy.permit_all().may_be_present(x509.ExtendedKeyUsage, any_way, _serves)
    ca = (
        ExtensionPolicy.permit_all()
        .require_present(x509.BasicConstraints, any_way, None)  # that they say "CA" the verifier sees to
        .may_be_present(x509.KeyUsage, any_way, _signs_certificates)
        .may_be_present(x509.ExtendedKeyUsage, any_way, _serves)
    )
    return ca, server


_CA, _SERVER = _policies()


def _edges(read: CertificateFacts) -> tuple[int, ...]:
    """The moments at which the certificate begins to count and at which it has ceased to."""
    begin, end = read.not_before, read.not_after
    return (*(() if begin is None else (begin,)), *(() if end is None else (end + 1,)))


def _in_force(read: CertificateFacts, at: float) -> bool:
    return (
        read.not_before is not None and read.not_after is not None and read.not_before <= at <= read.not_after
    )


def _pem_certificates(path: Path) -> list[bytes]:
    """The certificates of a PEM file, as DER."""
    blocks = re.findall(
        r"-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----", path.read_text("ascii", "replace")
    )
    if not blocks:
        raise ValueError(f"{path}: holds no PEM certificate")
    try:
        return [ssl.PEM_cert_to_DER_cert(block) for block in blocks]
    except ValueError:
        raise ValueError(f"{path}: a PEM certificate in it is damaged") from None


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(min(max(at, _EARLIEST), _LATEST), UTC)


def _for_servers(certificate: bytes) -> bool:
    loaded = _load(certificate)
    try:
        uses = loaded.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value if loaded else ()
    except x509.ExtensionNotFound:
        return True
    except ValueError:
        return False
    return not _SERVER_USES.isdisjoint(uses)


def _date_at_fault(leaf: CertificateFacts, stood_at: float, at: float) -> ChainReason:
    if leaf.not_after is not None and at > leaf.not_after:
        return ChainReason.EXPIRED
    if leaf.not_before is not None and at < leaf.not_before:
        return ChainReason.NOT_YET_VALID
    return ChainReason.NOT_YET_VALID if stood_at > at else ChainReason.EXPIRED


class _Span(NamedTuple):
    """A result, and the time [start, end) in which it cannot change, since no certificate begins or ends."""

    start: float
    end: float
    result: ChainResult


class Trust:
    """Roots that are trusted. Its results depend on nothing else: no network, no clock, no system store.

    ``roots`` are DER certificates; without it those of ``certifi``. ``extra_pem`` is a file with more of them.
    Raises OSError where that file cannot be read, ValueError where it holds no certificate.
    """

    def __init__(self, roots: Sequence[bytes] | None = None, *, extra_pem: Path | None = None) -> None:
        ders = list(roots) if roots is not None else _pem_certificates(Path(certifi.where()))
        if extra_pem is not None:
            ders += _pem_certificates(extra_pem)
        self.roots = tuple(ders)
        """As DER: what another process makes the same of."""
        # A root that the library refuses is left out, not the others with it.
        loaded = {root: parsed for root in ders if (parsed := _load(root)) is not None}
        read = {root: known for root in loaded if isinstance(known := facts(root), CertificateFacts)}
        self._roots = read
        self._names = {known.subject for known in read.values()}
        self._edges = {edge for known in read.values() for edge in _edges(known)}
        self._store = Store(list(loaded.values())) if loaded else None
        self._issuers = Issuers(loaded.values())
        self._judged: OrderedDict[bytes, list[_Span]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._roots)

    def trusts(self, certificate: bytes) -> bool:
        """Whether this very certificate is one of the roots."""
        return certificate in self._roots

    def valid_chain(self, chain: Sequence[bytes], at: float) -> ChainResult:
        """Judge a chain of DER certificates, leaf first, at a moment in Unix seconds.

        The intermediates may come in any order, and those beyond the tenth are not looked at. Never raises. The
        results of the latest few thousand chains are kept, each for as long as no certificate begins or ends.
        """
        taken = tuple(bytes(certificate) for certificate in chain[:MAX_CHAIN])
        key = hashlib.sha256(b"".join(hashlib.sha256(certificate).digest() for certificate in taken)).digest()
        spans = self._judged.setdefault(key, [])
        self._judged.move_to_end(key)
        if len(self._judged) > _CACHED_CHAINS:
            self._judged.popitem(last=False)
        for span in spans:
            if span.start <= at < span.end:
                return span.result
        read = {c: known for c in taken if isinstance(known := facts(c), CertificateFacts)}
        edges = sorted({*self._edges, *(edge for known in read.values() for edge in _edges(known))})
        place = bisect_right(edges, at)
        result = ChainResult(self._reason(taken, read, at))
        if len(spans) < _SPANS:
            start = edges[place - 1] if place else float("-inf")
            spans.append(_Span(start, edges[place] if place < len(edges) else float("inf"), result))
        return result

    def _reason(
        self, chain: tuple[bytes, ...], read: dict[bytes, CertificateFacts], at: float
    ) -> ChainReason:
        leaf = _load(chain[0]) if chain else None
        if leaf is None or chain[0] not in read:
            return ChainReason.UNKNOWN_CA
        others = [loaded for c in chain[1:] if (loaded := _load(c)) is not None]
        if self._stands(leaf, others, at):
            return ChainReason.OK
        if not any(c in self._roots or known.issuer in self._names for c, known in read.items()):
            return ChainReason.UNKNOWN_CA
        if not all(_in_force(read[c], at) for c in chain if c in read):
            moments = {m for c in chain if c in read for m in (read[c].not_after, read[c].not_before)}
            for moment in sorted(m for m in moments if m is not None):
                if self._stands(leaf, others, moment):
                    return _date_at_fault(read[chain[0]], moment, at)
        return self._by_openssl(leaf, others, at)

    def _by_openssl(self, leaf: x509.Certificate, others: list[x509.Certificate], at: float) -> ChainReason:
        """Weak issuers vouch for nobody."""
        path = self._issuers.path(leaf, others, _moment(at)) or self._issuers.path(leaf, others, None)
        read = [known for c in path if isinstance(known := facts(c), CertificateFacts)]
        weak = any(known.weak_key or known.weak_signature for known in read[1:])
        if not path or len(read) < len(path) or weak or not all(map(_for_servers, path)):
            return ChainReason.UNKNOWN_CA
        for known in read:
            if known.not_after is None or known.not_before is None:
                return ChainReason.UNKNOWN_CA
            if at >= known.not_after + 1:
                return ChainReason.EXPIRED
            if at < known.not_before:
                return ChainReason.NOT_YET_VALID
        return ChainReason.WEAK_SIGNATURE if read[0].weak_signature else ChainReason.OK

    def _stands(self, leaf: x509.Certificate, others: list[x509.Certificate], at: float) -> bool:
        if self._store is None:
            return False
        builder = PolicyBuilder().store(self._store).time(_moment(at))
        verifier = builder.extension_policies(ca_policy=_CA, ee_policy=_SERVER).build_client_verifier()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                verifier.verify(leaf, others)
        except Exception:
            # Of hostile certificates the library raises VerificationError and, from inside its parsers, others:
            # whatever it is, the chain does not stand.
            return False
        return True
