"""Object identifiers of keys, curves and signatures, with OpenSSL's names and what makes them weak."""

from typing import NamedTuple

RSA = "1.2.840.113549.1.1.1"
RSA_PSS = "1.2.840.113549.1.1.10"
DSA = "1.2.840.10040.4.1"
EC = "1.2.840.10045.2.1"
SHA1 = "1.3.14.3.2.26"

KEY_NAMES: dict[str, str] = {
    RSA: "rsaEncryption",
    RSA_PSS: "rsassaPss",
    DSA: "dsaEncryption",
    EC: "id-ecPublicKey",
    "1.3.101.112": "ED25519",
    "1.3.101.113": "ED448",
    "1.2.643.7.1.1.1.1": "GOST R 34.10-2012 with 256 bit modulus",
    "1.2.643.7.1.1.1.2": "GOST R 34.10-2012 with 512 bit modulus",
    "2.16.840.1.101.3.4.3.17": "ML-DSA-44",
    "2.16.840.1.101.3.4.3.18": "ML-DSA-65",
    "2.16.840.1.101.3.4.3.19": "ML-DSA-87",
}
"""What ``openssl x509 -text`` writes behind "Public Key Algorithm"."""

FIXED_KEY_BITS: dict[str, int] = {
    "1.3.101.112": 256,
    "1.3.101.113": 456,
    "1.2.643.7.1.1.1.1": 256,
    "1.2.643.7.1.1.1.2": 512,
    "2.16.840.1.101.3.4.3.17": 10496,
    "2.16.840.1.101.3.4.3.18": 15616,
    "2.16.840.1.101.3.4.3.19": 20736,
}
"""Bits of the encoded public key where the algorithm leaves no choice (RFC 8032, RFC 9215, FIPS 204)."""

CURVE_BITS: dict[str, int] = {
    "1.2.840.10045.3.1.1": 192,
    "1.2.840.10045.3.1.7": 256,
    "1.3.132.0.6": 112,
    "1.3.132.0.7": 112,
    "1.3.132.0.28": 128,
    "1.3.132.0.29": 128,
    "1.3.132.0.9": 160,
    "1.3.132.0.8": 160,
    "1.3.132.0.30": 160,
    "1.3.132.0.31": 192,
    "1.3.132.0.32": 224,
    "1.3.132.0.33": 224,
    "1.3.132.0.10": 256,
    "1.3.132.0.34": 384,
    "1.3.132.0.35": 521,
    "1.3.132.0.1": 163,
    "1.3.132.0.15": 163,
    "1.3.132.0.26": 233,
    "1.3.132.0.27": 233,
    "1.3.132.0.16": 283,
    "1.3.132.0.17": 283,
    "1.3.132.0.36": 409,
    "1.3.132.0.37": 409,
    "1.3.132.0.38": 571,
    "1.3.132.0.39": 571,
    "1.3.36.3.3.2.8.1.1.1": 160,
    "1.3.36.3.3.2.8.1.1.3": 192,
    "1.3.36.3.3.2.8.1.1.5": 224,
    "1.3.36.3.3.2.8.1.1.7": 256,
    "1.3.36.3.3.2.8.1.1.9": 320,
    "1.3.36.3.3.2.8.1.1.11": 384,
    "1.3.36.3.3.2.8.1.1.13": 512,
    "1.2.156.10197.1.301": 256,
}
"""Field size of named curves (SEC 2, RFC 5639, GB/T 32918)."""

CURVE_NAMES: dict[str, str] = {
    "1.2.840.10045.3.1.1": "P-192",
    "1.3.132.0.33": "P-224",
    "1.2.840.10045.3.1.7": "P-256",
    "1.3.132.0.34": "P-384",
    "1.3.132.0.35": "P-521",
    "1.3.132.0.10": "secp256k1",
    "1.3.36.3.3.2.8.1.1.5": "brainpoolP224r1",
    "1.3.36.3.3.2.8.1.1.7": "brainpoolP256r1",
    "1.3.36.3.3.2.8.1.1.9": "brainpoolP320r1",
    "1.3.36.3.3.2.8.1.1.11": "brainpoolP384r1",
    "1.3.36.3.3.2.8.1.1.13": "brainpoolP512r1",
    "1.2.156.10197.1.301": "SM2",
}
"""What people call those that are met in certificates: NIST's names (FIPS 186-4 §D.1), else the standard's own."""


class Signature(NamedTuple):
    name: str
    """As OpenSSL writes it."""
    digest: str
    """hashlib's name; empty where the scheme has none of its own or names it in its parameters."""


SIGNATURES: dict[str, Signature] = {
    "1.2.840.113549.1.1.2": Signature("md2WithRSAEncryption", "md2"),
    "1.2.840.113549.1.1.3": Signature("md4WithRSAEncryption", "md4"),
    "1.2.840.113549.1.1.4": Signature("md5WithRSAEncryption", "md5"),
    "1.3.14.3.2.3": Signature("md5WithRSA", "md5"),
    "1.2.840.113549.1.1.5": Signature("sha1WithRSAEncryption", "sha1"),
    "1.3.14.3.2.29": Signature("sha1WithRSA", "sha1"),
    "1.2.840.113549.1.1.14": Signature("sha224WithRSAEncryption", "sha224"),
    "1.2.840.113549.1.1.11": Signature("sha256WithRSAEncryption", "sha256"),
    "1.2.840.113549.1.1.12": Signature("sha384WithRSAEncryption", "sha384"),
    "1.2.840.113549.1.1.13": Signature("sha512WithRSAEncryption", "sha512"),
    RSA_PSS: Signature("rsassaPss", ""),
    "1.2.840.10045.4.1": Signature("ecdsa-with-SHA1", "sha1"),
    "1.2.840.10045.4.3.1": Signature("ecdsa-with-SHA224", "sha224"),
    "1.2.840.10045.4.3.2": Signature("ecdsa-with-SHA256", "sha256"),
    "1.2.840.10045.4.3.3": Signature("ecdsa-with-SHA384", "sha384"),
    "1.2.840.10045.4.3.4": Signature("ecdsa-with-SHA512", "sha512"),
    "1.2.840.10040.4.3": Signature("dsaWithSHA1", "sha1"),
    "1.3.14.3.2.27": Signature("dsaWithSHA1-old", "sha1"),
    "2.16.840.1.101.3.4.3.1": Signature("dsa_with_SHA224", "sha224"),
    "2.16.840.1.101.3.4.3.2": Signature("dsa_with_SHA256", "sha256"),
    "1.3.101.112": Signature("ED25519", ""),
    "1.3.101.113": Signature("ED448", ""),
    "1.2.643.7.1.1.3.2": Signature("GOST R 34.10-2012 with GOST R 34.11-2012 (256 bit)", ""),
    "1.2.643.7.1.1.3.3": Signature("GOST R 34.10-2012 with GOST R 34.11-2012 (512 bit)", ""),
    "2.16.840.1.101.3.4.3.17": Signature("ML-DSA-44", ""),
    "2.16.840.1.101.3.4.3.18": Signature("ML-DSA-65", ""),
    "2.16.840.1.101.3.4.3.19": Signature("ML-DSA-87", ""),
}

DIGESTS: dict[str, str] = {
    "1.2.840.113549.2.5": "md5",
    SHA1: "sha1",
    "2.16.840.1.101.3.4.2.4": "sha224",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
"""Digests that RSASSA-PSS names in its parameters (RFC 4055 §2.1)."""

WEAK_DIGESTS = frozenset({"md2", "md4", "md5", "sha1"})
"""Collisions are practical, so a signature over them proves no issuer (RFC 6151, RFC 6194, RFC 9155)."""

RSA_MINIMUM_BITS = 2048
EC_MINIMUM_BITS = 224
"""VERDICTS §2; NIST SP 800-57 part 1 puts both at 112 bits of strength."""


def weak_key(algorithm_oid: str, bits: int) -> bool:
    """RSA or DSA under 2048 bits, a curve under 224. A size that is not known (0) is not called weak."""
    if bits <= 0:
        return False
    if algorithm_oid in (RSA, RSA_PSS, DSA):
        return bits < RSA_MINIMUM_BITS
    return algorithm_oid == EC and bits < EC_MINIMUM_BITS
