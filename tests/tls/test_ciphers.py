"""A wrong name of a suite sends an administrator to the wrong line of the server's settings."""

import shutil
import subprocess

import pytest

from openletter.tls.ciphers import SUITES, iana_name, suite_name


def _openssl_table() -> list[tuple[int, str, str]]:
    """(number, IANA name, OpenSSL name) of every suite that this OpenSSL has."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl binary to ask for its table of suites")
    rows = []
    for given in ("ALL:COMPLEMENTOFALL:@SECLEVEL=0", "kPSK:kSRP:kDHEPSK:kECDHEPSK:kRSAPSK:eNULL:@SECLEVEL=0"):
        out = subprocess.run(
            [openssl, "ciphers", "-stdname", "-V", given], capture_output=True, text=True, check=True
        ).stdout
        for line in out.splitlines():
            number, _, iana, _, name = line.split()[:5]
            rows.append((int(number.replace("0x", "").replace(",", ""), 16), iana, name))
    assert len(rows) > 50
    return rows


def test_every_suite_of_openssl_gets_the_name_that_openssl_knows_as_the_standard_one() -> None:
    wrong = {name: (iana_name(name), iana) for _, iana, name in _openssl_table() if iana_name(name) != iana}
    assert wrong == {}


def test_numbers_of_hand_read_hellos_have_openssl_s_standard_names() -> None:
    wrong = {n: (SUITES[n], iana) for n, iana, _ in _openssl_table() if n in SUITES and SUITES[n] != iana}
    assert wrong == {}


@pytest.mark.parametrize(
    ("openssl", "iana"),
    [
        # Builds with weak ciphers, which the machine of the oracle does not have.
        ("RC4-MD5", "TLS_RSA_WITH_RC4_128_MD5"),
        ("RC4-SHA", "TLS_RSA_WITH_RC4_128_SHA"),
        ("ECDHE-RSA-RC4-SHA", "TLS_ECDHE_RSA_WITH_RC4_128_SHA"),
        ("DES-CBC3-SHA", "TLS_RSA_WITH_3DES_EDE_CBC_SHA"),
        ("ECDHE-ECDSA-DES-CBC3-SHA", "TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA"),
        ("EDH-RSA-DES-CBC3-SHA", "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA"),
        ("DHE-RSA-DES-CBC3-SHA", "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA"),
        ("EXP-RC4-MD5", "TLS_RSA_EXPORT_WITH_RC4_40_MD5"),
        ("EXP-EDH-RSA-DES-CBC-SHA", "TLS_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA"),
        ("EXP-ADH-RC4-MD5", "TLS_DH_anon_EXPORT_WITH_RC4_40_MD5"),
        ("ADH-DES-CBC-SHA", "TLS_DH_anon_WITH_DES_CBC_SHA"),
        ("IDEA-CBC-SHA", "TLS_RSA_WITH_IDEA_CBC_SHA"),
        ("SEED-SHA", "TLS_RSA_WITH_SEED_CBC_SHA"),
        ("PSK-3DES-EDE-CBC-SHA", "TLS_PSK_WITH_3DES_EDE_CBC_SHA"),
        ("ECDH-RSA-AES128-SHA", "TLS_ECDH_RSA_WITH_AES_128_CBC_SHA"),
    ],
)
def test_suites_that_today_s_openssl_no_longer_has(openssl: str, iana: str) -> None:
    assert iana_name(openssl) == iana


@pytest.mark.parametrize("name", ["TLS_AES_128_GCM_SHA256", "GOST2001-GOST89-GOST89", "", "NONSENSE-\x1b[2J"])
def test_a_name_without_a_rule_is_kept_and_not_lost(name: str) -> None:
    assert iana_name(name) == name


def test_an_unknown_number_is_shown_as_a_number() -> None:
    assert suite_name(0x0005) == "TLS_RSA_WITH_RC4_128_SHA"
    assert suite_name(0xFEED) == "0xFEED"
