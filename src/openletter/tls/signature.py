"""A key against a certificate's signature, and nothing about the right to sign."""

import warnings

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa

from openletter.tls import algorithms, der
from openletter.tls.frame import Frame, algorithm_identifier

_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "md5": hashes.MD5,
    "sha1": hashes.SHA1,
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}


def digest_name(data: bytes, name: str, parameters: der.Element | None) -> str:
    """hashlib's name of the signature's digest; empty where there is none or it is not known."""
    if name != algorithms.RSA_PSS:
        known = algorithms.SIGNATURES.get(name)
        return known.digest if known else ""
    if parameters is None or parameters.tag != der.SEQUENCE:
        return "sha1"
    for field in der.children(data, parameters):
        if field.tag == 0xA0:
            inner = der.expect(data, field.start, field.end, der.SEQUENCE)
            return algorithms.DIGESTS.get(algorithm_identifier(data, inner)[0], "")
    return "sha1"  # RFC 4055 §3.1: the default where hashAlgorithm is left out


def verifies(data: bytes, parts: Frame, name: str, digest: str, spki: bytes) -> bool:
    """Whether the key verifies the certificate's signature. An unknown algorithm verifies nothing."""
    signed = data[parts.tbs.head : parts.tbs.end]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            key = serialization.load_der_public_key(spki)
            if isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
                key.verify(parts.signature, signed)
                return True
            if digest not in _HASHES:
                return False
            algorithm = _HASHES[digest]()
            if isinstance(key, rsa.RSAPublicKey):
                scheme: padding.PSS | padding.PKCS1v15 = (
                    padding.PSS(padding.MGF1(algorithm), padding.PSS.AUTO)
                    if name == algorithms.RSA_PSS
                    else padding.PKCS1v15()
                )
                key.verify(parts.signature, signed, scheme, algorithm)
            elif isinstance(key, ec.EllipticCurvePublicKey):
                key.verify(parts.signature, signed, ec.ECDSA(algorithm))
            elif isinstance(key, dsa.DSAPublicKey):
                key.verify(parts.signature, signed, algorithm)
            else:
                return False
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True
