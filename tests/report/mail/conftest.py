"""Mail servers on loopback that do what real and hostile ones do, with certificates of their own authority.

aiosmtpd is the real one. ``ScriptedServer`` says line by line what a test wants, where no real server would.
"""

import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import contextmanager

import msgspec
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from openletter.report.mail.digest import Counts, Digest, Host, Port, Tally
from openletter.report.mail.letter import Letter
from openletter.report.mail.mailbox import Mailbox
from openletter.report.mail.outbox import Outbox
from openletter.report.mail.outbox_message import NewMessage
from openletter.report.standing import Standing
from openletter.subscriber.subscriber import Subscriber
from openletter.verdict.classes import Class, Severity

NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)


def _name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Authority:
    """Makes certificates; ``roots`` is its own in a file."""

    def __init__(self, folder):
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            x509.CertificateBuilder()
            .subject_name(_name("Test authority"))
            .issuer_name(_name("Test authority"))
            .public_key(self._key.public_key())
            .serial_number(1)
            .not_valid_before(NOW - DAY)
            .not_valid_after(NOW + DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .add_extension(_usage(sign=True), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.roots = folder / "roots.pem"
        self.roots.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def context(self, *, ip="127.0.0.1", until=NOW + DAY):
        """A server's, with a certificate for this address."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            x509.CertificateBuilder()
            .subject_name(_name("mail"))
            .issuer_name(_name("Test authority"))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(min(NOW, until) - DAY)
            .not_valid_after(until)
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(ip))]), critical=False
            )
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
            )
            .sign(self._key, hashes.SHA256())
        )
        path = self._folder / f"{certificate.serial_number:x}.pem"
        path.write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


def _usage(*, sign):
    names = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{name: sign and name in ("key_cert_sign", "crl_sign") for name in names})


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


class Kept:
    """Of aiosmtpd: what arrived; ``answers`` are said instead of taking it, one after the other."""

    def __init__(self):
        self.mails = []
        self.answers = []
        self.refused = {}
        self.logins = []

    async def handle_RCPT(self, server, session, envelope, address, options):
        answers = self.refused.get(address)
        if answers:
            return answers.pop(0) if len(answers) > 1 else answers[0]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.answers and (answer := self.answers.pop(0)):
            return answer
        self.mails.append((envelope.mail_from, tuple(envelope.rcpt_tos), bytes(envelope.content)))
        return "250 OK taken"

    def authenticate(self, server, session, envelope, mechanism, data):
        inside = server.transport.get_extra_info("ssl_object") is not None
        self.logins.append((data.login, data.password, inside))
        good = data.password == b"s3cret \xc3\xa4"
        return AuthResult(success=good, handled=False)


@contextmanager
def _running(controller):
    controller.start()
    try:
        yield controller
    finally:
        controller.stop()


@pytest.fixture
def mail_server(authority):
    """Runs a real mail server; its ``Kept``, and its address for ``--smtp``."""
    with_exit = []

    def run(way="smtp+starttls", *, user="", context=None, **more):
        kept = Kept()
        tls = context or authority.context()
        places = {"hostname": "127.0.0.1", "port": _free_port()}
        if way == "smtps":
            more |= {"ssl_context": tls}
        elif way == "smtp+starttls":
            more |= {"tls_context": tls, "require_starttls": True}
        if user:
            more |= {"authenticator": kept.authenticate, "auth_require_tls": way != "smtps"}
        controller = Controller(kept, **places, **more)
        manager = _running(controller)
        manager.__enter__()
        with_exit.append(manager)
        kept.url = f"{way}://{user}{'@' if user else ''}127.0.0.1:{places['port']}"
        return kept

    yield run
    for manager in reversed(with_exit):
        manager.__exit__(None, None, None)


def _free_port():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


class ScriptedServer:
    """``script(conversation)`` is run for each connection, one after the other; ``said`` has every line that clients said."""

    def __init__(self, script: Callable):
        self._script = script
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.said = []
        self._ended = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while not self._ended:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            connection.settimeout(20)
            talk = Conversation(connection, self.said)
            try:
                self._script(talk)
            except (OSError, EOFError):
                continue
            finally:
                # The one inside TLS has taken the other's place.
                talk.connection.close()

    def close(self):
        if self._ended:
            return
        self._ended = True
        # Closing alone does not wake a thread that waits in accept().
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(20)


class Conversation:
    def __init__(self, connection, said):
        self.connection = connection
        self._said = said
        self._rest = b""

    def say(self, *lines):
        self.connection.sendall(b"".join(line.encode() + b"\r\n" for line in lines))

    def hear(self):
        while b"\r\n" not in self._rest:
            some = self.connection.recv(65536)
            if not some:
                raise EOFError
            self._rest += some
        line, _, self._rest = self._rest.partition(b"\r\n")
        self._said.append(line)
        return line

    def hear_message(self):
        lines = []
        while (line := self.hear()) != b".":
            lines.append(line)
        return lines

    def greet(self, *extensions):
        """To the answer of EHLO."""
        self.say("220 scripted")
        self.hello(*extensions)

    def hello(self, *extensions):
        self.hear()
        words = ["scripted", *extensions]
        self.say(*(f"250{'-' if word is not words[-1] else ' '}{word}" for word in words))

    def start_tls(self, context):
        self.connection = context.wrap_socket(self.connection, server_side=True)

    def take_until_data(self):
        """MAIL, RCPT and DATA."""
        while self.hear().upper() != b"DATA":
            self.say("250 OK")
        self.say("354 go on")


@pytest.fixture
def scripted():
    made = []

    def run(script):
        server = ScriptedServer(script)
        made.append(server)
        return server

    yield run
    for server in made:
        server.close()


def _new_message(subscriber=1, day=datetime.date(2026, 11, 24), **more):
    number = f"<{subscriber}.{day}@example.org>"
    octets = f"Message-ID: {number}\r\nSubject: Report\r\n\r\n.a dot\r\nand text\r\n".encode()
    told = {
        "slug": f"s{subscriber}",
        "survey": "survey",
        "message_id": number,
        "subject": "Report",
        "recipients": (f"owner{subscriber}@example.net",),
        "octets": octets,
        "standings": b"",
    }
    return NewMessage(**{"subscriber": subscriber, "day": day, **told, **more})


@pytest.fixture
def new_message():
    """Makes one to be queued."""
    return _new_message


@pytest.fixture
def outbox(tmp_path):
    with Outbox(tmp_path) as opened:
        yield opened


def _digest(*, name="mail.example.net", banner="+OK ready", word="no_tls", hosts=2):
    port = Port(port=110, protocol="pop3", host="", word=word, banner=banner)
    host = Host(
        ip="192.0.2.1",
        name=name,
        severity=Severity.MEDIUM,
        standing=Standing.NEW,
        ports=(port,),
        more_ports=1,
    )
    gone = msgspec.structs.replace(host, standing=Standing.FIXED)
    standings = dict.fromkeys(Standing, 0)
    standings |= {
        Standing.NEW: 3,
        Standing.REMINDER: 1,
        Standing.OPEN: 4,
        Standing.FIXED: 1,
        Standing.BACK: 1,
    }
    return Digest(
        counts=Counts(
            faulty=Tally(hosts=hosts, endpoints=9),
            strict=Tally(hosts=1, endpoints=2),
            wide=Tally(hosts=2, endpoints=3),
            standings=standings,
        ),
        worst=(host,),
        fixed=(gone,),
        fixed_hosts=4,
        kinds={(word if word in list(Class) else "implicit_tls", (word, "cert_expired")): 9},
    )


def _letter(**more):
    told = {
        "subscriber": Subscriber(id=1, slug="ex", name="Example Ltd", contacts=("abuse@example.net",)),
        "day": datetime.date(2026, 11, 24),
        "seen": 1_795_478_400.0,
        "digest": _digest(),
        "sender": Mailbox("CSIRT", "reports@example.org"),
    }
    return Letter(**{**told, **more})


@pytest.fixture
def digest():
    """Makes what a message says."""
    return _digest


@pytest.fixture
def letter():
    """Makes a letter."""
    return _letter
