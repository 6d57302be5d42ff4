"""The IANA name of a cipher suite, from OpenSSL's name or from its number.

OpenSSL drops what its authors took for granted: ``AES128-SHA`` is RSA key exchange and CBC mode. The rules here
put it back. An unknown name comes back as it is, so a table of results never loses a suite.
"""

import re
from functools import lru_cache

_PREFIXES = (
    ("ECDHE-ECDSA-", "ECDHE_ECDSA"),
    ("ECDHE-RSA-", "ECDHE_RSA"),
    ("ECDHE-PSK-", "ECDHE_PSK"),
    ("ECDHE-ARIA", "ECDHE_RSA"),  # OpenSSL leaves out RSA in these two alone
    ("ECDH-ECDSA-", "ECDH_ECDSA"),
    ("ECDH-RSA-", "ECDH_RSA"),
    ("DHE-RSA-", "DHE_RSA"),
    ("DHE-DSS-", "DHE_DSS"),
    ("DHE-PSK-", "DHE_PSK"),
    ("EDH-RSA-", "DHE_RSA"),
    ("EDH-DSS-", "DHE_DSS"),
    ("DH-RSA-", "DH_RSA"),
    ("DH-DSS-", "DH_DSS"),
    ("RSA-PSK-", "RSA_PSK"),
    ("PSK-", "PSK"),
    ("AECDH-", "ECDH_anon"),
    ("ADH-", "DH_anon"),
    ("SRP-RSA-", "SRP_SHA_RSA"),
    ("SRP-DSS-", "SRP_SHA_DSS"),
    ("SRP-", "SRP_SHA"),
    ("KRB5-", "KRB5"),
)

_CIPHERS = (
    (re.compile(r"(AES|CAMELLIA|ARIA)-?(128|256)-(?:CBC-)?(SHA(?:256|384)?)"), r"\1_\2_CBC_\3"),
    (re.compile(r"(AES|CAMELLIA|ARIA)(128|256)-GCM-(SHA256|SHA384)"), r"\1_\2_GCM_\3"),
    (re.compile(r"AES(128|256)-CCM8"), r"AES_\1_CCM_8"),
    (re.compile(r"AES(128|256)-CCM"), r"AES_\1_CCM"),
    (re.compile(r"CHACHA20-POLY1305"), r"CHACHA20_POLY1305_SHA256"),
    (re.compile(r"(?:DES-CBC3|3DES-EDE-CBC)-(SHA|MD5)"), r"3DES_EDE_CBC_\1"),
    (re.compile(r"DES-CBC-(SHA|MD5)"), r"DES_CBC_\1"),
    (re.compile(r"RC4-(SHA|MD5)"), r"RC4_128_\1"),
    (re.compile(r"IDEA-CBC-(SHA|MD5)"), r"IDEA_CBC_\1"),
    (re.compile(r"SEED-SHA"), r"SEED_CBC_SHA"),
    (re.compile(r"NULL-(SHA256|SHA384|SHA|MD5)"), r"NULL_\1"),
)

_EXPORT = {
    "RC4-MD5": "RC4_40_MD5",
    "RC2-CBC-MD5": "RC2_CBC_40_MD5",
    "DES-CBC-SHA": "DES40_CBC_SHA",
}


@lru_cache(512)
def iana_name(openssl_name: str) -> str:
    """``ECDHE-RSA-AES256-GCM-SHA384`` becomes ``TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384``.

    Names of TLS 1.3, which are IANA's own, and names that follow no known rule are returned unchanged.
    """
    if openssl_name.startswith(("TLS_", "SSL_")):
        return openssl_name
    rest = openssl_name
    export = rest.startswith("EXP-")
    rest = rest.removeprefix("EXP-")
    exchange = "RSA"
    for prefix, name in _PREFIXES:
        if rest.startswith(prefix):
            exchange, rest = name, rest.removeprefix(prefix.removesuffix("ARIA"))
            break
    if export and rest in _EXPORT:
        return f"TLS_{exchange}_EXPORT_WITH_{_EXPORT[rest]}"
    for pattern, name in _CIPHERS:
        match = pattern.fullmatch(rest)
        if match:
            # RFC 6655 turned two names about, and IANA kept them so.
            if exchange == "DHE_PSK" and rest.endswith("CCM8"):
                exchange = "PSK_DHE"
            return f"TLS_{exchange}_WITH_{match.expand(name)}"
    return openssl_name


SUITES: dict[int, str] = {
    0x0000: "TLS_NULL_WITH_NULL_NULL",
    0x0001: "TLS_RSA_WITH_NULL_MD5",
    0x0002: "TLS_RSA_WITH_NULL_SHA",
    0x0003: "TLS_RSA_EXPORT_WITH_RC4_40_MD5",
    0x0004: "TLS_RSA_WITH_RC4_128_MD5",
    0x0005: "TLS_RSA_WITH_RC4_128_SHA",
    0x0006: "TLS_RSA_EXPORT_WITH_RC2_CBC_40_MD5",
    0x0007: "TLS_RSA_WITH_IDEA_CBC_SHA",
    0x0008: "TLS_RSA_EXPORT_WITH_DES40_CBC_SHA",
    0x0009: "TLS_RSA_WITH_DES_CBC_SHA",
    0x000A: "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    0x000B: "TLS_DH_DSS_EXPORT_WITH_DES40_CBC_SHA",
    0x000C: "TLS_DH_DSS_WITH_DES_CBC_SHA",
    0x000D: "TLS_DH_DSS_WITH_3DES_EDE_CBC_SHA",
    0x000E: "TLS_DH_RSA_EXPORT_WITH_DES40_CBC_SHA",
    0x000F: "TLS_DH_RSA_WITH_DES_CBC_SHA",
    0x0010: "TLS_DH_RSA_WITH_3DES_EDE_CBC_SHA",
    0x0011: "TLS_DHE_DSS_EXPORT_WITH_DES40_CBC_SHA",
    0x0012: "TLS_DHE_DSS_WITH_DES_CBC_SHA",
    0x0013: "TLS_DHE_DSS_WITH_3DES_EDE_CBC_SHA",
    0x0014: "TLS_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA",
    0x0015: "TLS_DHE_RSA_WITH_DES_CBC_SHA",
    0x0016: "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA",
    0x0017: "TLS_DH_anon_EXPORT_WITH_RC4_40_MD5",
    0x0018: "TLS_DH_anon_WITH_RC4_128_MD5",
    0x0019: "TLS_DH_anon_EXPORT_WITH_DES40_CBC_SHA",
    0x001A: "TLS_DH_anon_WITH_DES_CBC_SHA",
    0x001B: "TLS_DH_anon_WITH_3DES_EDE_CBC_SHA",
    0x002F: "TLS_RSA_WITH_AES_128_CBC_SHA",
    0x0030: "TLS_DH_DSS_WITH_AES_128_CBC_SHA",
    0x0031: "TLS_DH_RSA_WITH_AES_128_CBC_SHA",
    0x0032: "TLS_DHE_DSS_WITH_AES_128_CBC_SHA",
    0x0033: "TLS_DHE_RSA_WITH_AES_128_CBC_SHA",
    0x0034: "TLS_DH_anon_WITH_AES_128_CBC_SHA",
    0x0035: "TLS_RSA_WITH_AES_256_CBC_SHA",
    0x0036: "TLS_DH_DSS_WITH_AES_256_CBC_SHA",
    0x0037: "TLS_DH_RSA_WITH_AES_256_CBC_SHA",
    0x0038: "TLS_DHE_DSS_WITH_AES_256_CBC_SHA",
    0x0039: "TLS_DHE_RSA_WITH_AES_256_CBC_SHA",
    0x003A: "TLS_DH_anon_WITH_AES_256_CBC_SHA",
    0x0041: "TLS_RSA_WITH_CAMELLIA_128_CBC_SHA",
    0x0044: "TLS_DHE_DSS_WITH_CAMELLIA_128_CBC_SHA",
    0x0045: "TLS_DHE_RSA_WITH_CAMELLIA_128_CBC_SHA",
    0x0046: "TLS_DH_anon_WITH_CAMELLIA_128_CBC_SHA",
    0x0084: "TLS_RSA_WITH_CAMELLIA_256_CBC_SHA",
    0x0087: "TLS_DHE_DSS_WITH_CAMELLIA_256_CBC_SHA",
    0x0088: "TLS_DHE_RSA_WITH_CAMELLIA_256_CBC_SHA",
    0x0089: "TLS_DH_anon_WITH_CAMELLIA_256_CBC_SHA",
    0x0096: "TLS_RSA_WITH_SEED_CBC_SHA",
    0x0099: "TLS_DHE_DSS_WITH_SEED_CBC_SHA",
    0x009A: "TLS_DHE_RSA_WITH_SEED_CBC_SHA",
    0x009B: "TLS_DH_anon_WITH_SEED_CBC_SHA",
    0xC002: "TLS_ECDH_ECDSA_WITH_RC4_128_SHA",
    0xC003: "TLS_ECDH_ECDSA_WITH_3DES_EDE_CBC_SHA",
    0xC004: "TLS_ECDH_ECDSA_WITH_AES_128_CBC_SHA",
    0xC005: "TLS_ECDH_ECDSA_WITH_AES_256_CBC_SHA",
    0xC006: "TLS_ECDHE_ECDSA_WITH_NULL_SHA",
    0xC007: "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA",
    0xC008: "TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA",
    0xC009: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    0xC00A: "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    0xC00C: "TLS_ECDH_RSA_WITH_RC4_128_SHA",
    0xC00D: "TLS_ECDH_RSA_WITH_3DES_EDE_CBC_SHA",
    0xC00E: "TLS_ECDH_RSA_WITH_AES_128_CBC_SHA",
    0xC00F: "TLS_ECDH_RSA_WITH_AES_256_CBC_SHA",
    0xC010: "TLS_ECDHE_RSA_WITH_NULL_SHA",
    0xC011: "TLS_ECDHE_RSA_WITH_RC4_128_SHA",
    0xC012: "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
    0xC013: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    0xC014: "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    0xC015: "TLS_ECDH_anon_WITH_NULL_SHA",
    0xC016: "TLS_ECDH_anon_WITH_RC4_128_SHA",
    0xC017: "TLS_ECDH_anon_WITH_3DES_EDE_CBC_SHA",
    0xC018: "TLS_ECDH_anon_WITH_AES_128_CBC_SHA",
    0xC019: "TLS_ECDH_anon_WITH_AES_256_CBC_SHA",
}
"""Number (both bytes, big-endian) to name, of the suites that SSLv3 and TLS 1.0 peers choose (RFC 2246, 4346, 4492,
4132, 4162)."""


def suite_name(code: int) -> str:
    """The IANA name of a suite of SSLv3 to TLS 1.1; ``0xC0FF`` and the like for a number that is not in the table."""
    return SUITES.get(code, f"0x{code:04X}")
