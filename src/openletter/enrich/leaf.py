"""The TLS session in which a dialogue went on, and the certificate that it began with, as columns.

A survey shows the same certificates again and again: each is read once a file, found in the store by its SHA-256.
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from openletter.dialogue.observation import HandshakeOutcome
from openletter.enrich.host_name import certificate_name
from openletter.store.columns import SECONDS, TEXT, WORD
from openletter.tls.certificate import CertificateFacts, Unreadable, facts

READ = tuple(
    f"{which}_{what}"
    for which in ("handshake", "legacy")
    for what in ("outcome", "version", "cipher", "chain")
)
"""Columns of the observations."""


class Sessions(msgspec.Struct, frozen=True):
    """Arrays as long as the rows; empty words where there was no session."""

    version: Any
    cipher: Any
    certificate: Any
    """SHA-256 of the leaf."""


def _first(chain: Any) -> Any:
    """The first of each list; null of an empty one."""
    starts = chain.offsets.slice(0, len(chain))
    there = pc.greater(pc.list_value_length(chain), 0)
    return chain.values.take(pc.if_else(there, starts, None))


def _plain(table: Any, name: str) -> Any:
    return table.column(name).combine_chunks().cast(TEXT.arrow)


def sessions(table: Any) -> Sessions:
    """Of a ``pyarrow.Table`` of observations with ``READ``: the modern handshake where it worked, else the legacy one."""
    words = {name: pa.array([""] * table.num_rows, TEXT.arrow) for name in Sessions.__struct_fields__}
    for which in ("legacy", "handshake"):
        works = pc.equal(_plain(table, f"{which}_outcome"), HandshakeOutcome.OK.value)
        leaf = pc.fill_null(_first(table.column(f"{which}_chain").combine_chunks()), "")
        told = {"version": _plain(table, f"{which}_version"), "cipher": _plain(table, f"{which}_cipher")}
        for name, column in {**told, "certificate": leaf}.items():
            words[name] = pc.if_else(works, column, words[name])
    return Sessions(_words(words["version"]), _words(words["cipher"]), words["certificate"])


def _words(column: Any) -> Any:
    return column.dictionary_encode().cast(WORD.arrow)


class Leaf(msgspec.Struct, frozen=True):
    """What is told of a leaf. Words are a stranger's, and printable."""

    issuer: str = ""
    """Empty where it is nothing but the name of a host."""
    key: str = ""
    signature: str = ""
    not_after: float | None = None
    name: str = ""
    """Of the host for which it was made, empty where it names none."""


UNKNOWN = Leaf()

_KEYS = {
    "rsaEncryption": "RSA",
    "rsassaPss": "RSA-PSS",
    "dsaEncryption": "DSA",
    "id-ecPublicKey": "EC",
    "ED25519": "Ed25519",
    "ED448": "Ed448",
}
_ONE_SIZE = frozenset({"ED25519", "ED448"})


def key_words(of: CertificateFacts) -> str:
    """``RSA 2048``, ``EC P-256``."""
    name = _KEYS.get(of.key_algorithm, of.key_algorithm)
    if not of.key_bits or of.key_algorithm in _ONE_SIZE:
        return name
    return f"{name} {of.key_curve or of.key_bits}"


_ONE_HOST = re.compile(r"\S*[.:@]\S*")
"""One word with a dot, a colon or an at sign: a host, an address or a mailbox, and no authority's name."""


def issuer_words(read: CertificateFacts) -> str:
    """Organisation or common name of the issuer, whichever does not name a host.

    Certificates that servers make for themselves often have their own name there. Counts by issuer are shown to everybody,
    and the names of the hosts are not.
    """
    own = certificate_name(read)
    for words in (read.issuer.organization_name, read.issuer.common_name):
        if words and not _ONE_HOST.fullmatch(words.strip()) and not (own and own in words.lower()):
            return words
    return ""


def read_leaf(certificate: bytes) -> Leaf:
    """Of a DER certificate, whatever the bytes are."""
    read = facts(certificate)
    if isinstance(read, Unreadable):
        return UNKNOWN
    return Leaf(
        issuer=issuer_words(read),
        key=key_words(read),
        signature=read.signature_algorithm,
        not_after=None if read.not_after is None else float(read.not_after),
        name=certificate_name(read),
    )


class Leaves(msgspec.Struct, frozen=True):
    """What is told of the leaf of each row, as arrays."""

    issuer: Any
    key: Any
    signature: Any
    not_after: Any
    names: dict[str, str]
    """Of hosts, by the SHA-256 of the leaf; only of those that name one."""


def leaves(certificate: Any, ders: Mapping[str, bytes]) -> Leaves:
    """Of an array of SHA-256 (empty where there is none); ``ders`` are certificates by that."""
    encoded = certificate.dictionary_encode()
    digests = encoded.dictionary.to_pylist()
    read = [read_leaf(ders[digest]) if digest in ders else UNKNOWN for digest in digests]

    def column(name: str, kind: Any) -> Any:
        return pa.array([getattr(leaf, name) for leaf in read], kind).take(encoded.indices)

    return Leaves(
        _words(column("issuer", TEXT.arrow)),
        _words(column("key", TEXT.arrow)),
        _words(column("signature", TEXT.arrow)),
        column("not_after", SECONDS.arrow),
        {digest: leaf.name for digest, leaf in zip(digests, read, strict=True) if leaf.name},
    )
