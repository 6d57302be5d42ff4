"""When these fail, a certificate's fault is not the one that the truth tells, or the lab's root can be misused."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from openletter.lab.internet import ssl3
from openletter.lab.internet.certificates import certificates_in
from openletter.lab.internet.contexts import tls_peers
from openletter.lab.internet.tls_profiles import FAULTS, PROFILES, Certificate

KINDS = [kind for kind in Certificate if kind is not Certificate.NONE]


@pytest.fixture(scope="module")
def folder(certificate_cache):
    return certificates_in(certificate_cache)


@pytest.fixture(scope="module")
def chains(folder):
    return {
        kind: [x509.load_der_x509_certificate(der) for der in ssl3.der_chain(folder / f"{kind.value}.pem")]
        for kind in KINDS
    }


def is_signed_by(certificate, issuer):
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, InvalidSignature):
        return False
    return True


def faults(chain, root, now):
    """What is wrong with a chain, found without looking at how it was made."""
    leaf = chain[0]
    found = set()
    if leaf.not_valid_after_utc < now:
        found.add("cert_expired")
    if leaf.not_valid_before_utc > now:
        found.add("cert_not_yet_valid")
    key = leaf.public_key()
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < 2048:
        found.add("cert_weak_key")
    if isinstance(leaf.signature_hash_algorithm, hashes.SHA1):
        found.add("cert_weak_signature")
        chain[1].public_key().verify(
            leaf.signature, leaf.tbs_certificate_bytes, padding.PKCS1v15(), hashes.SHA1()
        )
    elif is_signed_by(leaf, leaf):
        found.add("cert_self_signed")
    elif len(chain) < 2 or not is_signed_by(leaf, chain[1]):
        found.add("cert_unknown_ca")
    if len(chain) == 2:
        assert is_signed_by(chain[1], root)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_each_certificate_has_the_faults_that_the_truth_tells_and_no_others(folder, chains, kind):
    root = x509.load_pem_x509_certificate((folder / "root.pem").read_bytes())
    assert faults(chains[kind], root, datetime.now(UTC)) == set(FAULTS[kind])


def test_most_are_ecdsa_so_that_the_surveyor_is_what_a_benchmark_measures(chains):
    share = sum(isinstance(chain[0].public_key(), ec.EllipticCurvePublicKey) for chain in chains.values())
    assert share >= len(chains) - 3


def test_no_authority_key_is_left_behind(folder):
    """Whoever trusts the lab's root for a test must not thereby trust everyone who can read the folder."""
    assert b"PRIVATE KEY" not in (folder / "root.pem").read_bytes()
    assert {path.name for path in folder.iterdir()} == {"root.pem", *(f"{kind.value}.pem" for kind in KINDS)}


def test_a_second_start_uses_what_is_there(folder, certificate_cache):
    before = (folder / "root.pem").read_bytes()
    assert certificates_in(certificate_cache) == folder
    assert (folder / "root.pem").read_bytes() == before


@pytest.mark.parametrize("damage", ["root.pem", "good.pem"])
def test_a_damaged_folder_is_made_anew(tmp_path, damage):
    folder = certificates_in(tmp_path)
    (folder / damage).unlink()
    assert (certificates_in(tmp_path) / damage).is_file()
    tls_peers(folder)


def test_a_folder_that_grows_old_is_made_anew(tmp_path):
    old = hashlib.sha256((certificates_in(tmp_path) / "root.pem").read_bytes()).digest()
    later = datetime.now(UTC) + timedelta(days=1500)
    renewed = certificates_in(tmp_path, lambda: later) / "root.pem"
    assert hashlib.sha256(renewed.read_bytes()).digest() != old


def test_many_may_make_it_at_once(tmp_path):
    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(lambda _: certificates_in(tmp_path), range(6)))) == 1
    tls_peers(certificates_in(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["certificates-2"]


def test_every_profile_has_its_tls(folder):
    peers = tls_peers(folder)
    assert set(peers.contexts) | set(peers.ssl3_flights) == set(PROFILES)
