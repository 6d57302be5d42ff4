"""What each manner of speech says is read here by a simple client of the standard library alone, and the class that this
reading comes to is compared with the computed truth. When these fail, the simulation lies, and every survey that is
measured against it is judged wrongly."""

import gc
import socket
import ssl
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from ipaddress import IPv4Address

import pytest

from openletter.lab.internet import ssl3
from openletter.lab.internet.casting import MANNERS
from openletter.lab.internet.tls_profiles import PROFILES
from openletter.lab.internet.truth import Truth

PATIENCE_S = 4.0
CLEARTEXT = {"PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER"}
CHALLENGE = {"CRAM-MD5", "DIGEST-MD5", "NTLM", "APOP"}
SSL3_HELLO = ssl3.record(
    22, b"\x03\x00", ssl3.message(1, b"\x03\x00" + bytes(32) + b"\x00" + b"\x00\x02\x00\x0a" + b"\x01\x00")
)


class NoMoreSpeechError(Exception):
    """The peer closed, reset, kept silent or went on without a line end."""


class Peer:
    """One connection, read line by line."""

    def __init__(self, ip, port):
        self.sock = socket.create_connection((ip, port), timeout=PATIENCE_S)
        self.heard = b""
        self.deadline = time.monotonic() + PATIENCE_S

    @classmethod
    def on(cls, sock):
        """On a connection that stands already."""
        peer = cls.__new__(cls)
        peer.sock, peer.heard, peer.deadline = sock, b"", time.monotonic() + PATIENCE_S
        return peer

    def more(self):
        if time.monotonic() > self.deadline:
            raise NoMoreSpeechError("late")
        try:
            data = self.sock.recv(65536)
        except (TimeoutError, ConnectionError) as error:
            raise NoMoreSpeechError(type(error).__name__) from error
        if not data:
            raise NoMoreSpeechError("closed")
        self.heard += data

    def line(self):
        while b"\n" not in self.heard:
            if len(self.heard) > 1 << 16:
                raise NoMoreSpeechError("endless")
            self.more()
        line, _, self.heard = self.heard.partition(b"\n")
        return line.rstrip(b"\r")

    def logical_line(self):
        """An IMAP line with its literals, which are left out."""
        line = self.line()
        while line.endswith(b"}"):
            size = int(line.rpartition(b"{")[2][:-1])
            while len(self.heard) < size:
                self.more()
            self.heard = self.heard[size:]
            line = line.rpartition(b"{")[0] + self.line()
        return line

    def say(self, data):
        self.sock.sendall(data)


def context(*, legacy):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    if legacy:
        made.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            made.minimum_version = ssl.TLSVersion.TLSv1
            made.maximum_version = ssl.TLSVersion.TLSv1_2
    else:
        made.minimum_version = ssl.TLSVersion.TLSv1_2
    return made


@dataclass
class Read:
    cls: str = ""
    reply: str = ""
    advertised: bool | None = None
    handshake: str = "not_tried"
    version: str = ""
    leaf: bytes = b""
    findings: set[str] = field(default_factory=set)


def imap_list(peer, tag=b"a1"):
    """Capabilities by command; None where it is refused or never ends."""
    peer.say(tag + b" CAPABILITY\r\n")
    listed = None
    while True:
        line = peer.logical_line()
        words = line.upper().split()
        if words[:2] == [b"*", b"CAPABILITY"]:
            listed = {word.decode() for word in words[2:]}
        if words and words[0] == tag.upper():
            return listed if words[1] == b"OK" else None


def pop3_list(peer):
    peer.say(b"CAPA\r\n")
    if not peer.line().startswith(b"+OK"):
        return None
    lines = []
    while (line := peer.line()) != b".":
        lines.append(line.decode())
        if len(lines) > 1000:
            raise NoMoreSpeechError("endless")
    return lines


def login_of(protocol, listed, greeting):
    """cleartext, challenge, none or unknown, from a list before TLS."""
    if protocol == "imap":
        if listed is None:
            return "unknown"
        mechanisms = {word[5:] for word in listed if word.startswith("AUTH=")}
        if "XTLSREQUIRED" in listed:
            return "none"
        if "LOGINDISABLED" not in listed or mechanisms & CLEARTEXT:
            return "cleartext"
    else:
        if listed is None:
            return "cleartext"
        mechanisms = {word for line in listed if line.startswith("SASL ") for word in line.split()[1:]}
        if "<" in greeting and "@" in greeting:
            mechanisms.add("APOP")
        if "SASL" in listed and "STLS" in listed:
            return "none"
        if "USER" in listed or mechanisms & CLEARTEXT:
            return "cleartext"
    return "challenge" if mechanisms and mechanisms <= CHALLENGE else "none"


def start_tls(peer, protocol):
    """Ask for TLS; the first word of the answer, and what stood behind it in the clear."""
    peer.say(b"a2 STARTTLS\r\n" if protocol == "imap" else b"STLS\r\n")
    while True:
        line = peer.line()
        if protocol == "pop3":
            return ("ok" if line.startswith(b"+OK") else "err"), peer.heard
        if line.startswith(b"a2 "):
            return line.split()[1].decode().lower(), peer.heard


def opened(ip, port, protocol, implicit):
    """A new connection that is ready for a ClientHello."""
    peer = Peer(ip, port)
    if not implicit:
        peer.line()
        start_tls(peer, protocol)
    return peer.sock


def handshake(read, ip, port, protocol, implicit):
    """Modern, then legacy, then SSLv3 by hand. The session that stands, if any."""
    for legacy in (False, True):
        sock = opened(ip, port, protocol, implicit)
        try:
            tls = context(legacy=legacy).wrap_socket(sock)
        except OSError:
            sock.close()
            # Python before 3.11.5 leaves the wrapped socket of a connection that was reset first to the collector.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ResourceWarning)
                gc.collect()
            continue
        read.handshake, read.version, read.leaf = "ok", tls.version(), tls.getpeercert(True) or b""
        if read.version in ("TLSv1", "TLSv1.1"):
            read.findings.add("weak_version")
        if not read.leaf:
            read.findings.add("no_certificate")
        return tls
    with opened(ip, port, protocol, implicit) as sock:
        sock.sendall(SSL3_HELLO)
        try:
            answer = sock.recv(4096)
        except OSError:
            answer = b""
        read.handshake = "fails"
        if answer[:3] == b"\x16\x03\x00" and answer[5] == 2:
            read.handshake, read.version = "ok", "SSLv3"
            read.findings.add("weak_version")
    return None


def inside(read, tls, protocol, *, greets):
    with tls:
        peer = Peer.on(tls)
        if greets:
            assert peer.line().startswith(b"* OK" if protocol == "imap" else b"+OK")
        listed = imap_list(peer, b"b1") if protocol == "imap" else pop3_list(peer)
        if listed and {"STARTTLS", "STLS"} & set(listed):
            read.findings.add("starttls_still_listed_inside_tls")
        if listed and "LOGINDISABLED" in listed:
            read.findings.add("login_still_disabled_inside_tls")
        peer.say(b"c1 LOGOUT\r\n" if protocol == "imap" else b"QUIT\r\n")
        peer.line()


def first_words(peer):
    """(class, None) where the first words decide it, else (None, greeting line)."""
    try:
        peer.more()
        if peer.heard[:2] in (b"\x15\x03", b"\x16\x03"):
            return "tls", b""
        return None, peer.line()
    except NoMoreSpeechError as end:
        return {"ConnectionResetError": "unreachable", "endless": "not_mail"}.get(str(end), "silent"), b""


def greeting_class(protocol, line):
    ok, bad, pre = (b"* OK", b"* BYE", b"* PREAUTH") if protocol == "imap" else (b"+OK", b"-ERR", b"\0")
    if line.startswith(ok):
        return None
    if line.startswith(bad):
        return "refused_by_policy"
    return "preauth_exposed" if line.startswith(pre) else "not_mail"


def read_cleartext(ip, port, protocol, sibling_has_tls):
    read = Read()
    try:
        peer = Peer(ip, port)
    except ConnectionResetError:
        return Read("unreachable")
    with peer.sock:
        decided, line = first_words(peer)
        decided = decided or greeting_class(protocol, line)
        if decided:
            return Read("implicit_on_cleartext_port" if decided == "tls" else decided)
        try:
            listed = imap_list(peer) if protocol == "imap" else pop3_list(peer)
        except NoMoreSpeechError:
            return Read("unknown_auth")
        login = login_of(protocol, listed, line.decode())
        if listed is not None:
            read.advertised = ("STARTTLS" if protocol == "imap" else "STLS") in listed
            read.findings |= list_findings(listed)
        read.reply, behind = start_tls(peer, protocol)
        if behind:
            read.findings.add("bytes_after_starttls_ok")
    if read.reply == "ok":
        tls = handshake(read, ip, port, protocol, implicit=False)
        if tls is not None:
            inside(read, tls, protocol, greets=False)
        if read.handshake == "ok" and not read.advertised:
            read.findings.add("hidden_starttls")
    read.cls = class_from(login, read, sibling_has_tls)
    return read


def list_findings(listed):
    words = {word for entry in listed for word in entry.split()}
    found = set()
    if words & {"XXXXXXXX", "XXXX"}:
        found.add("starttls_mangled")
    if words & {"AUTH=ANONYMOUS", "ANONYMOUS"}:
        found.add("anonymous_login")
    if "LOGINDISABLED" in words and words & {f"AUTH={name}" for name in CLEARTEXT}:
        found.add("logindisabled_contradiction")
    return found


def class_from(login, read, sibling_has_tls):
    """Rows 9 to 18 of the table of classes, in its order."""
    works = read.handshake == "ok"
    broken = not works and (read.advertised or read.reply == "ok")
    absent = not works and not broken
    if absent and login == "cleartext":
        return "cleartext_port_open" if sibling_has_tls else "no_tls"
    if works and login == "cleartext":
        return "tls_optional"
    if broken:
        return "starttls_broken_cleartext_open" if login == "cleartext" else "starttls_broken"
    if absent and login == "challenge":
        return "challenge_only_no_tls"
    if absent and login == "none":
        return "no_secure_login"
    return "tls_required" if works else "unknown_auth"


def read_implicit(ip, port, protocol):
    read = Read()
    try:
        peer = Peer(ip, port)
    except ConnectionError:
        return Read("unreachable")
    with peer.sock:
        try:
            peer.say(SSL3_HELLO)
        except ConnectionError:
            return Read("unreachable")
        decided, line = first_words(peer)
    if decided == "unreachable":
        return Read("unreachable")
    if decided is None:
        other = greeting_class(protocol, line)
        return Read(other or "cleartext_on_tls_port", handshake="fails")
    tls = handshake(read, ip, port, protocol, implicit=True)
    if tls is not None:
        inside(read, tls, protocol, greets=True)
    read.cls = "implicit_tls" if read.handshake == "ok" else "implicit_broken"
    return read


def read_endpoint(lab, truth):
    protocol = "imap" if truth.port in (143, 993) else "pop3"
    port = lab.port_base + truth.port
    if truth.port in (993, 995):
        return read_implicit(truth.ip, port, protocol)
    sibling = 993 if truth.port == 143 else 995
    other = read_implicit(truth.ip, lab.port_base + sibling, protocol)
    return read_cleartext(truth.ip, port, protocol, other.cls == "implicit_tls")


def differences(lab, truth: Truth):
    """Where the reading is not the truth, as text; empty where all agrees."""
    read = read_endpoint(lab, truth)
    compared = {
        "class": (read.cls, str(truth.cls)),
        "handshake": (read.handshake, str(truth.handshake)),
        "version": (read.version, truth.tls_version),
        "advertised": (read.advertised, truth.starttls_advertised),
        "findings": (
            sorted(read.findings),
            sorted(set(truth.findings) - (set(truth.certificate_faults) - {"no_certificate"})),
        ),
    }
    if truth.starttls_reply:
        compared["reply"] = (read.reply, truth.starttls_reply)
    if truth.certificate and read.leaf:
        expected = ssl3.der_chain(lab.root_pem.parent / f"{truth.certificate}.pem")[0]
        compared["certificate"] = (read.leaf == expected, True)
    wrong = {name: pair for name, pair in compared.items() if pair[0] != pair[1]}
    return f"{truth.manner} {truth.ip}:{truth.port} {wrong}" if wrong else ""


def one_of_each(truths, key):
    chosen = {}
    for truth in truths:
        chosen.setdefault(key(truth), truth)
    return list(chosen.values())


def read_all(lab, truths):
    with ThreadPoolExecutor(24) as pool:
        return [text for text in pool.map(lambda truth: differences(lab, truth), truths) if text]


def test_every_manner_says_what_its_class_stands_for(simulation):
    truths = one_of_each(simulation.world.truths(), lambda t: (t.manner, t.port))
    assert {truth.manner for truth in truths} >= set(MANNERS)
    assert read_all(simulation, truths) == []


@pytest.mark.parametrize("port", [110, 143, 993, 995])
def test_every_way_to_do_tls_ends_in_the_version_and_the_certificate_that_are_told(simulation, port):
    reached = [truth for truth in simulation.world.truths() if truth.port == port and truth.handshake == "ok"]
    truths = one_of_each(reached, lambda t: (t.certificate, t.tls_version))
    # The two SSLv3 profiles end alike.
    assert len(truths) == len(PROFILES) - 1
    assert read_all(simulation, truths) == []


def test_both_ssl3_peers_are_met(simulation):
    """A prober that knows only one of the two ways to say "SSLv3 only" would misjudge the other."""
    world = simulation.world
    ssl3_roles = {}
    for ip, port in world.endpoints():
        role = world.endpoint(ip, port)
        if port == 993 and role.profile.ssl3 and role.truth.tls_version:
            ssl3_roles.setdefault(role.profile.versions, (ip, port))
    assert len(ssl3_roles) == 2
    assert read_all(simulation, [world.truth(*where) for where in ssl3_roles.values()]) == []


def test_a_closed_port_resets_before_a_byte(simulation):
    closed = next(t for t in simulation.world.truths() if t.manner == "closed")
    assert read_cleartext(closed.ip, simulation.port_base + closed.port, "pop3", False).cls == "unreachable"


def test_addresses_outside_the_world_are_closed(simulation):
    beyond = str(IPv4Address("127.128.0.0") + simulation.world.size + 5)
    for ip in ("127.0.0.1", "127.10.0.1", beyond):
        assert read_cleartext(ip, simulation.ports["imap"], "imap", False).cls == "unreachable"
