"""The issuers of a certificate as OpenSSL finds them: what most mail programs would make of a chain.

``cryptography``'s verifier holds every chain to the rules for the web's public CAs. It does not take certificates of
version 1, keys on curves that browsers do not have, critical policies or constraints on directory names, nor any chain
of a root with a date in the wrong type, as one of Certum's has.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from threading import Lock

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from OpenSSL import crypto

_NO_CHECK_TIME = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME; pyOpenSSL has no name for it."""


class Issuers:
    """Finds the path from a certificate to one of the roots. Signatures, the right to issue, lengths and constraints of
    names are OpenSSL's to judge; digests, sizes of keys and extended uses of keys are not judged."""

    def __init__(self, roots: Iterable[x509.Certificate]) -> None:
        # The time is the store's and not the question's, and the dashboard has servers asked again by several threads.
        self._lock = Lock()
        self._at_a_time, self._at_any_time = crypto.X509Store(), crypto.X509Store()
        for root in roots:
            self._at_a_time.add_cert(crypto.X509.from_cryptography(root))
            self._at_any_time.add_cert(crypto.X509.from_cryptography(root))
        self._at_a_time.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN)
        self._at_any_time.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN | _NO_CHECK_TIME)

    def path(
        self, leaf: x509.Certificate, others: Sequence[x509.Certificate], at: datetime | None
    ) -> tuple[bytes, ...]:
        """The DERs from the leaf to the root; ``None`` for the time leaves dates out. Empty: there is no path."""
        store = self._at_any_time if at is None else self._at_a_time
        try:
            context = crypto.X509StoreContext(
                store, crypto.X509.from_cryptography(leaf), [crypto.X509.from_cryptography(c) for c in others]
            )
            with self._lock:
                if at is not None:
                    store.set_time(at)
                found = [c.to_cryptography() for c in context.get_verified_chain()]
        except (crypto.X509StoreContextError, crypto.Error, ValueError):
            return ()
        return tuple(c.public_bytes(Encoding.DER) for c in found)
