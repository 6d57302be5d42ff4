"""Each configuration is what its title claims, as proven by logging in.

When one of these fails, a user's verdict may be wrong: the prober is measured against this truth.
"""

import datetime
import socket
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa

from openletter.lab.real.catalogue import CATALOGUE
from openletter.lab.real.certificates import Fault
from openletter.lab.real.daemon import processes_of
from openletter.lab.real.login import Way, session
from openletter.lab.real.run import Lab
from openletter.lab.real.truth import Truth
from openletter.lab.real.wire import Wire, legacy_context

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("real")]

BOTH_REQUIRED = {110: "tls_required", 143: "tls_required", 993: "implicit_tls", 995: "implicit_tls"}
BOTH_OPTIONAL = {110: "tls_optional", 143: "tls_optional", 993: "implicit_tls", 995: "implicit_tls"}
BROKEN_OPEN = {
    110: "starttls_broken_cleartext_open",
    143: "starttls_broken_cleartext_open",
    993: "implicit_broken",
    995: "implicit_broken",
}
BROKEN = {110: "starttls_broken", 143: "starttls_broken", 993: "implicit_broken", 995: "implicit_broken"}
BESIDE_IMPLICIT = {
    110: "cleartext_port_open",
    143: "cleartext_port_open",
    993: "implicit_tls",
    995: "implicit_tls",
}
NO_TLS = {110: "no_tls", 143: "no_tls"}
NO_LOGIN = {110: "no_secure_login", 143: "no_secure_login"}
CHALLENGE = {110: "challenge_only_no_tls", 143: "challenge_only_no_tls"}
IMPLICIT_ONLY = {993: "implicit_tls", 995: "implicit_tls"}

CLASSES = {
    "dovecot-none": NO_TLS,
    "dovecot-optional": BOTH_OPTIONAL,
    "dovecot-required": BOTH_REQUIRED,
    "dovecot-required-plaintext-allowed": BOTH_REQUIRED,
    "dovecot-plaintext-disabled": BOTH_REQUIRED,
    "dovecot-no-tls-no-login": NO_LOGIN,
    "dovecot-implicit-only": IMPLICIT_ONLY,
    "dovecot-broken-optional": BROKEN_OPEN,
    "dovecot-broken-required": BROKEN,
    "dovecot-dead-implicit": NO_TLS | {993: "implicit_broken", 995: "implicit_broken"},
    "dovecot-challenge-only": CHALLENGE,
    "dovecot-challenge-beside-login": CHALLENGE,
    "dovecot-challenge-before-tls": BOTH_REQUIRED,
    "dovecot-scram-only": NO_LOGIN,
    "dovecot-expired": BOTH_REQUIRED,
    "dovecot-not-yet-valid": BOTH_REQUIRED,
    "dovecot-self-signed": BOTH_REQUIRED,
    "dovecot-unknown-authority": BOTH_REQUIRED,
    "dovecot-weak-key": BOTH_REQUIRED,
    "dovecot-weak-signature": BOTH_REQUIRED,
    "dovecot-wrong-name": BOTH_REQUIRED,
    "dovecot-tls10": BOTH_REQUIRED,
    "courier-none": NO_TLS,
    "courier-none-unlisted": NO_TLS,
    "courier-optional": BOTH_OPTIONAL,
    "courier-optional-unlisted": BOTH_OPTIONAL,
    "courier-required": BOTH_REQUIRED,
    "courier-beside-implicit": BESIDE_IMPLICIT,
    "courier-implicit-only": IMPLICIT_ONLY,
    "courier-broken-optional": BROKEN_OPEN,
    "courier-tls10": BOTH_REQUIRED,
    "courier-key-unreadable": BROKEN_OPEN | IMPLICIT_ONLY,
    "cyrus-none": NO_TLS,
    "cyrus-no-tls-no-login": NO_LOGIN,
    "cyrus-optional": BOTH_OPTIONAL,
    "cyrus-required": BOTH_REQUIRED,
    "cyrus-tls-required": BOTH_REQUIRED,
    "cyrus-broken-optional": BROKEN_OPEN,
    "cyrus-broken-required": BROKEN,
    "cyrus-challenge-only": CHALLENGE,
    "cyrus-apop-only": {110: "challenge_only_no_tls", 143: "no_secure_login"},
    "cyrus-implicit-only": IMPLICIT_ONLY,
    "cyrus-tls10": BOTH_REQUIRED,
    "mailutils-none": NO_TLS,
    "mailutils-optional": BOTH_OPTIONAL,
    "mailutils-required": BOTH_REQUIRED,
    "mailutils-login-disabled": {143: "no_tls"},
    "mailutils-preauth": {143: "preauth_exposed"},
    "mailutils-beside-implicit": BESIDE_IMPLICIT,
    "mailutils-cleartext-on-implicit": NO_TLS | {993: "cleartext_on_tls_port", 995: "cleartext_on_tls_port"},
    "mailutils-implicit-only": IMPLICIT_ONLY,
    "mailutils-broken-optional": BROKEN_OPEN,
}


def truth(lab: Lab, name: str, port: int) -> Truth:
    (found,) = (t for t in lab.truths if (t.configuration, t.port) == (name, port))
    return found


@pytest.mark.parametrize("name", [configuration.name for configuration in CATALOGUE])
def test_a_configuration_is_what_its_title_claims(real_lab: Lab, name: str) -> None:
    assert {t.port: t.expected_class for t in real_lab.truths if t.configuration == name} == CLASSES[name]


def test_wherever_tls_works_the_account_gets_in_through_it(real_lab: Lab) -> None:
    assert [t for t in real_lab.truths if t.tls_works and not t.login_inside_tls] == []


def test_the_misleading_ones_promise_what_they_refuse_and_no_other_does(real_lab: Lab) -> None:
    promises_in_vain = {
        (t.configuration, t.port)
        for t in real_lab.truths
        if promises_a_password_login(t) and not t.cleartext_login and t.greeting == "ok"
    }
    assert promises_in_vain == {(t.configuration, t.port) for t in real_lab.truths if t.misleading}
    assert ("courier-required", 110) in promises_in_vain


def promises_a_password_login(t: Truth) -> bool:
    """VERDICTS §1, read for these servers alone."""
    if t.port in (993, 995):
        return False
    if t.protocol == "imap":
        plain = {"AUTH=PLAIN", "AUTH=LOGIN"} & set(t.capabilities)
        disabled = "LOGINDISABLED" in t.capabilities
        return "XTLSREQUIRED" not in t.capabilities and (bool(plain) or not disabled)
    bare = "SASL" in t.capabilities and "STLS" in t.capabilities
    return not bare and ("USER" in t.capabilities or any("PLAIN" in c.split()[1:] for c in t.capabilities))


def test_courier_takes_passwords_though_it_lists_no_mechanism(real_lab: Lab) -> None:
    for name in ("courier-none-unlisted", "courier-optional-unlisted"):
        found = truth(real_lab, name, 143)
        assert not any(c.startswith("AUTH=") for c in found.capabilities)
        assert {Way.LOGIN, Way.PLAIN} <= set(found.cleartext_ways)


def test_courier_with_tls_required_lists_user_on_pop3_and_refuses_it(real_lab: Lab) -> None:
    found = truth(real_lab, "courier-required", 110)
    assert {"USER", "UTF8 USER", "STLS"} <= set(found.capabilities)
    assert found.cleartext_ways == ()


def test_dovecot_says_not_before_tls_by_a_bare_sasl_even_beside_user(real_lab: Lab) -> None:
    found = truth(real_lab, "dovecot-required-plaintext-allowed", 110)
    assert {"USER", "SASL", "STLS"} <= set(found.capabilities)
    assert found.cleartext_ways == ()


def test_mailutils_requires_tls_without_a_word_of_logindisabled(real_lab: Lab) -> None:
    found = truth(real_lab, "mailutils-required", 143)
    assert {"XTLSREQUIRED", "STARTTLS"} <= set(found.capabilities)
    assert "LOGINDISABLED" not in found.capabilities
    assert found.cleartext_ways == ()


def test_mailutils_with_login_disabled_takes_passwords_by_authenticate_plain(real_lab: Lab) -> None:
    found = truth(real_lab, "mailutils-login-disabled", 143)
    assert {"LOGINDISABLED", "AUTH=PLAIN"} <= set(found.capabilities)
    assert found.cleartext_ways == (Way.PLAIN,)


def test_a_preauth_greeting_opens_the_mailbox_without_any_password(real_lab: Lab) -> None:
    found = truth(real_lab, "mailutils-preauth", 143)
    assert found.greeting == "preauth"
    assert found.starttls_advertised
    assert not found.starttls_works
    with Wire(found.address, found.port) as wire:
        talk = session("imap", wire)
        talk.greeting()
        assert talk.command(b"SELECT INBOX").good


def test_broken_starttls_is_advertised_and_fails(real_lab: Lab) -> None:
    broken = [t for t in real_lab.truths if t.expected_class.startswith("starttls_broken")]
    assert broken
    assert all(t.starttls_advertised and not t.starttls_works for t in broken)


def test_old_tls_is_tls_1_0_on_every_port_and_all_other_tls_is_modern(real_lab: Lab) -> None:
    versions = {t.configuration: set[str]() for t in real_lab.truths}
    for t in real_lab.truths:
        versions[t.configuration] |= {t.tls_version} - {""}
    old = {name for name, found in versions.items() if found == {"TLSv1"}}
    assert old == {"dovecot-tls10", "courier-tls10", "cyrus-tls10"}
    assert set().union(*(found for name, found in versions.items() if name not in old)) <= {
        "TLSv1.2",
        "TLSv1.3",
    }


def test_certificates_show_exactly_the_faults_that_the_truth_names(real_lab: Lab) -> None:
    shown = {}
    for t in real_lab.truths:
        if t.tls_works:
            shown[t.configuration, t.port] = (faults_seen(t, real_lab.ca_pem), set(t.certificate_faults))
    assert {key: pair for key, pair in shown.items() if pair[0] != pair[1]} == {}
    assert set().union(*(truthful for _, truthful in shown.values())) == set(Fault)


def faults_seen(t: Truth, ca_pem: Path) -> set[Fault]:
    certificate = served_certificate(t)
    authority = x509.load_pem_x509_certificate(ca_pem.read_bytes())
    now = datetime.datetime.now(datetime.UTC)
    seen = set()
    if certificate.not_valid_after_utc < now:
        seen.add(Fault.EXPIRED)
    if certificate.not_valid_before_utc > now:
        seen.add(Fault.NOT_YET_VALID)
    if certificate.issuer == certificate.subject:
        seen.add(Fault.SELF_SIGNED)
    elif certificate.issuer != authority.subject:
        seen.add(Fault.UNKNOWN_CA)
    key = certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    if key.key_size < 2048:
        seen.add(Fault.WEAK_KEY)
    if isinstance(certificate.signature_hash_algorithm, hashes.SHA1):
        seen.add(Fault.WEAK_SIGNATURE)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    if t.host not in names.get_values_for_type(x509.DNSName):
        seen.add(Fault.NAME_MISMATCH)
    return seen


def served_certificate(t: Truth) -> x509.Certificate:
    with Wire(t.address, t.port) as wire:
        if t.port in (110, 143):
            talk = session(t.protocol, wire)
            talk.greeting()
            assert talk.command(talk.start).good
        wire.start_tls(legacy_context())
        der = wire.certificate()
    return x509.load_der_x509_certificate(der)


def test_whoever_trusts_the_labs_authority_can_verify_the_good_certificates_and_no_other(
    real_lab: Lab,
) -> None:
    """A verdict on certificates is tested against these: they must be good for OpenSSL too, not only for us."""
    outcome = {}
    for t in real_lab.truths:
        if t.port == 993 and t.tls_works:
            context = legacy_context() if t.tls_version == "TLSv1" else strict_context()
            context.load_verify_locations(real_lab.ca_pem)
            context.verify_mode = ssl.CERT_REQUIRED
            context.check_hostname = True
            outcome[t.configuration] = (verifies(t, context), not t.certificate_faults)
    assert {name: pair for name, pair in outcome.items() if pair[0] != pair[1]} == {}


def strict_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Level 2, whatever the machine's OpenSSL has as its own: it refuses RSA-1024 and SHA-1.
    context.set_ciphers("DEFAULT:@SECLEVEL=2")
    return context


def verifies(t: Truth, context: ssl.SSLContext) -> bool:
    try:
        with (
            socket.create_connection((t.address, t.port), 20) as connection,
            context.wrap_socket(connection, server_hostname=t.host),
        ):
            return True
    except ssl.SSLError:
        return False


def test_the_password_stands_in_no_command_line_and_in_no_log(real_lab: Lab) -> None:
    """Everyone on the machine can read command lines, and logs are kept."""
    secret = real_lab.account.password.encode()
    pids = processes_of(real_lab.daemons)
    assert len(pids) > len(CATALOGUE)
    shown = [pid for pid in pids if secret in read(Path(f"/proc/{pid}/cmdline"))]
    logs = sorted(real_lab.ca_pem.parent.glob("*/*.log"))
    assert logs
    assert shown == []
    assert [log.name for log in logs if secret in log.read_bytes()] == []


def test_no_server_listens_anywhere_but_on_its_own_loopback_address(real_lab: Lab) -> None:
    """A lab full of open mailboxes must not be reachable from the network."""
    sockets = set()
    for pid in processes_of(real_lab.daemons):
        folder = Path(f"/proc/{pid}/fd")
        for entry in folder.iterdir() if folder.exists() else ():
            sockets.add(link(entry))
    listening = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in sockets:
                listening.add(fields[1])
    wanted = {little_endian(c.address, port) for c in CATALOGUE for port in c.ports}
    assert listening == wanted


def little_endian(address: str, port: int) -> str:
    """An address as /proc/net/tcp of a little-endian machine writes it (proc_net(5))."""
    return "".join(f"{int(part):02X}" for part in reversed(address.split("."))) + f":{port:04X}"


def read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def link(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:
        return ""
