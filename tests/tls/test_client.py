"""TLS as a client that wants to see. When one of these fails, a server's TLS is called broken, or a broken one fine."""

import ssl
import warnings
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from hypothesis import given, settings
from hypothesis import strategies as st

from openletter.dialogue.observation import Handshake, HandshakeOutcome
from openletter.dialogue.step import Lost, Profile
from openletter.tls.book import CertificateBook
from openletter.tls.client import FastClient, StandardClient
from openletter.tls.handshaking import MAX_HANDSHAKE, MAX_INSIDE
from openletter.tls.session import Client, Ended, Session

O = HandshakeOutcome  # noqa: E741
BIG = x509.UnrecognizedExtension(
    x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\x04\x84\x00\x0f\x42\x40" + b"A" * 1_000_000
)


class Server:
    """The standard library's server on memory BIOs; it greets as soon as its handshake is done."""

    def __init__(self, context: ssl.SSLContext, greeting: bytes = b"") -> None:
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._in, self._out, server_side=True)
        self._greeting = greeting
        self.done = False

    def answer(self, data: bytes) -> bytes:
        self._in.write(data)
        if not self.done:
            try:
                self.tls.do_handshake()
            except ssl.SSLError:
                return self._out.read()
            self.done = True
            if self._greeting:
                self.tls.write(self._greeting)
        return self._out.read()

    def say(self, data: bytes) -> bytes:
        self.tls.write(data)
        return self._out.read()


def shake(session: Session, server: Server, *, octets: bool = False) -> tuple[Handshake, bytes]:
    """Both sides until the client has a result; with it, what was left over for the client."""
    to_server = session.handshake(b"").to_send
    for _ in range(20):
        to_client = server.answer(to_server)
        to_server = b""
        pieces = [to_client[i : i + 1] for i in range(len(to_client))] if octets else [to_client]
        for number, piece in enumerate(pieces):
            progress = session.handshake(piece)
            to_server += progress.to_send
            if progress.result is not None:
                rest = server.answer(to_server) if progress.result.works else b""
                return progress.result, b"".join(pieces[number + 1 :]) + rest
        if not to_client:
            return session.lost(Lost.CLOSED), b""
    raise AssertionError("no end of the handshake")


Contexts = Callable[..., ssl.SSLContext]
ClientOf = Callable[[CertificateBook], Client]


@pytest.fixture(scope="module", params=[StandardClient, FastClient])
def client_of(request: pytest.FixtureRequest) -> ClientOf:
    """Each library that handshakes: what one calls broken, the other must."""
    made: ClientOf = request.param
    return made


@pytest.fixture(scope="module")
def context(authority: Any, root: Any, tmp_path_factory: pytest.TempPathFactory) -> Contexts:
    folder = tmp_path_factory.mktemp("server")

    def make(
        *,
        low: ssl.TLSVersion | None = None,
        high: ssl.TLSVersion | None = None,
        ciphers: str = "",
        **issue: Any,
    ) -> ssl.SSLContext:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            if low:
                made.minimum_version = low
            if high:
                made.maximum_version = high
        if ciphers:
            made.set_ciphers(ciphers)
        if "aNULL" not in ciphers:
            issued = authority.issue("mail.example.org", root, **issue)
            path = folder / f"{len(list(folder.iterdir()))}.pem"
            pem, key = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
            path.write_bytes(
                issued.key.private_bytes(pem, key, serialization.NoEncryption())
                + issued.certificate.public_bytes(pem)
                + root.certificate.public_bytes(pem)
            )
            made.load_cert_chain(Path(path))
        return made

    return make


V = ssl.TLSVersion


@pytest.mark.parametrize("octets", [False, True], ids=["whole", "octets"])
@pytest.mark.parametrize(
    ("profile", "limits", "version"),
    [
        (Profile.MODERN, {}, "TLSv1.3"),
        (Profile.MODERN, {"high": V.TLSv1_2}, "TLSv1.2"),
        (Profile.LEGACY, {}, "TLSv1.2"),
        (Profile.LEGACY, {"low": V.TLSv1, "high": V.TLSv1, "ciphers": "ALL:@SECLEVEL=0"}, "TLSv1"),
        (Profile.LEGACY, {"low": V.TLSv1_1, "high": V.TLSv1_1, "ciphers": "ALL:@SECLEVEL=0"}, "TLSv1.1"),
    ],
)
def test_versions(
    client_of: ClientOf,
    context: Contexts,
    profile: Profile,
    limits: dict[str, Any],
    version: str,
    octets: bool,
) -> None:
    book = CertificateBook()
    session = client_of(book).session(profile, "mail.example.org")
    result, rest = shake(session, Server(context(**limits), b"* OK inside\r\n"), octets=octets)
    assert (result.outcome, result.version) == (O.OK, version)
    assert result.cipher.startswith("TLS_")
    assert len(result.chain) == 2
    plain, _, ended = session.decrypt(rest)
    assert (plain, ended) == (b"* OK inside\r\n", None)


def test_the_chain_is_kept_once_by_its_sha256(client_of: ClientOf, context: Contexts) -> None:
    """An Internet of servers shows the same certificates again and again."""
    book = CertificateBook()
    client, served = client_of(book), context()
    results = [shake(client.session(Profile.MODERN, ""), Server(served))[0] for _ in range(3)]
    assert {r.chain for r in results} == {results[0].chain}
    leaf, issuer = book.chain(results[0].chain)
    assert results[0].chain == (sha256(leaf).hexdigest(), sha256(issuer).hexdigest())
    assert x509.load_der_x509_certificate(leaf).issuer == x509.load_der_x509_certificate(issuer).subject
    assert len(book.take()) == 2
    assert book.take() == {}
    assert book.get(results[0].chain[0]) is None
    assert book.chain(results[0].chain) == ()


def test_commands_and_answers_inside(client_of: ClientOf, context: Contexts) -> None:
    session, server = client_of(CertificateBook()).session(Profile.MODERN, ""), Server(context())
    _, rest = shake(session, server)
    session.decrypt(rest)
    server.answer(session.encrypt(b"a3 CAPABILITY\r\n"))
    assert server.tls.read(100) == b"a3 CAPABILITY\r\n"
    answer = server.say(b"* CAPABILITY X\r\n") + server.say(b"a3 OK\r\n")
    seen = b"".join(session.decrypt(answer[i : i + 1])[0] for i in range(len(answer)))
    assert seen == b"* CAPABILITY X\r\na3 OK\r\n"


def test_close_notify_and_broken_records_end_the_inside(client_of: ClientOf, context: Contexts) -> None:
    for end in ("notify", "garbage", "alert"):
        session, server = client_of(CertificateBook()).session(Profile.MODERN, ""), Server(context())
        _, rest = shake(session, server)
        last = server.say(b"bye")
        if end == "notify":
            with pytest.raises(ssl.SSLWantReadError):
                server.tls.unwrap()
            last += server.answer(b"")
        else:
            last += b"garbage" * 9 if end == "garbage" else b"\x15\x03\x03\x00\x02\x02\x28"
        plain, _, ended = session.decrypt(rest + last)
        assert (plain, ended) == (b"bye", Ended.CLOSED if end == "notify" else Ended.BROKEN)
        session.encrypt(b"nobody hears\r\n")


def test_an_anonymous_server(client_of: ClientOf, context: Contexts) -> None:
    served = context(ciphers="AECDH-AES256-SHA:aNULL:@SECLEVEL=0", high=V.TLSv1_2)
    result, _ = shake(client_of(CertificateBook()).session(Profile.LEGACY, ""), Server(served))
    assert (result.outcome, result.chain) == (O.OK, ())
    assert "anon" in result.cipher
    result, _ = shake(client_of(CertificateBook()).session(Profile.MODERN, ""), Server(served))
    assert (result.outcome, result.detail) == (O.ALERT, "handshake_failure")


def test_old_versions_fail_in_the_modern_manner(client_of: ClientOf, context: Contexts) -> None:
    """That is what sends the dialogue on to the legacy one."""
    served = context(low=V.TLSv1, high=V.TLSv1, ciphers="ALL:@SECLEVEL=0")
    result, _ = shake(client_of(CertificateBook()).session(Profile.MODERN, ""), Server(served))
    assert (result.outcome, result.detail) == (O.ALERT, "protocol_version")


@pytest.mark.parametrize("profile", [Profile.MODERN, Profile.LEGACY, Profile.SSLV3])
@pytest.mark.parametrize(
    "plain",
    [
        b"* BYE [UNAVAILABLE] TLS initialization failed.\r\n",
        b"-ERR no\r\n",
        b"\0",
        b"\x16\x02",
        b"HTTP/1.1 400",
    ],
)
@pytest.mark.parametrize("octets", [False, True], ids=["whole", "octets"])
def test_plaintext_instead_of_tls(client_of: ClientOf, profile: Profile, plain: bytes, octets: bool) -> None:
    session = client_of(CertificateBook()).session(profile, "")
    session.handshake(b"")
    result = None
    for piece in [plain[i : i + 1] for i in range(len(plain))] if octets else [plain]:
        result = session.handshake(piece).result
        if result is not None:
            break
    assert result is not None
    assert result.outcome is O.PLAINTEXT
    assert plain.startswith(result.plaintext)


@pytest.mark.parametrize(
    ("alert", "name"),
    [
        (b"\x15\x03\x01\x00\x02\x02\x28", "handshake_failure"),
        (b"\x15\x03\x03\x00\x02\x02\x46", "protocol_version"),
        (b"\x15\x03\x03\x00\x02\x02\xfa", "alert_250"),
    ],
)
@pytest.mark.parametrize("profile", [Profile.MODERN, Profile.LEGACY, Profile.SSLV3])
def test_alerts_have_their_names(client_of: ClientOf, profile: Profile, alert: bytes, name: str) -> None:
    session = client_of(CertificateBook()).session(profile, "")
    session.handshake(b"")
    result = session.handshake(alert).result
    assert result == Handshake(outcome=O.ALERT, detail=name)


@pytest.mark.parametrize("why", list(Lost))
@pytest.mark.parametrize("profile", list(Profile))
def test_lost_before_a_byte(client_of: ClientOf, profile: Profile, why: Lost) -> None:
    """The dialogue tells from ``no_data`` a peer that never spoke TLS."""
    session = client_of(CertificateBook()).session(profile, "")
    session.handshake(b"")
    result = session.lost(why)
    assert (result.outcome.value, result.detail) == (why.value, "no_data")


def flight(client_of: ClientOf, served: ssl.SSLContext) -> bytes:
    """A server's first flight to the modern hello of another connection."""
    session = client_of(CertificateBook()).session(Profile.MODERN, "")
    return Server(served).answer(session.handshake(b"").to_send)


@pytest.mark.parametrize("high", [V.TLSv1_2, V.TLSv1_3])
def test_a_flight_cut_at_every_offset_or_with_any_octet_changed(
    client_of: ClientOf, context: Contexts, high: ssl.TLSVersion
) -> None:
    client, said = client_of(CertificateBook()), flight(client_of, context(high=high))
    failures = {O.ALERT, O.INVALID, O.PLAINTEXT}
    for at in range(len(said)):
        session = client.session(Profile.MODERN, "")
        session.handshake(b"")
        result = session.handshake(said[:at]).result if at else None
        assert result is None or result.outcome in failures
        assert session.lost(Lost.RESET).outcome is O.RESET
        session = client.session(Profile.MODERN, "")
        session.handshake(b"")
        result = session.handshake(said[:at] + bytes([said[at] ^ 0x5A]) + said[at + 1 :]).result
        assert result is None or result.outcome in failures


@given(st.binary(min_size=1, max_size=400), st.sampled_from(list(Profile)), st.booleans())
@settings(max_examples=150, deadline=None)
def test_garbage_never_raises(
    client_of: ClientOf, garbage: bytes, profile: Profile, like_a_record: bool
) -> None:
    session = client_of(CertificateBook()).session(profile, "")
    session.handshake(b"")
    said = b"\x16\x03\x03" + garbage if like_a_record else garbage
    for piece in (said[:3], said[3:]):
        result = session.handshake(piece).result if piece else None
        if result is not None:
            assert not result.works
            return


def test_handshake_data_without_end_is_bounded(client_of: ClientOf) -> None:
    """A peer that sends handshake records for ever must not fill our memory."""
    for profile in Profile:
        session = client_of(CertificateBook()).session(profile, "")
        session.handshake(b"")
        hello = b"\x16\x03\x03\x40\x00\x02\x7f\xff\xff" + b"\0" * 16_380
        sent, result = 0, None
        while result is None:
            result = session.handshake(hello if not sent else b"\x16\x03\x03\x40\x00" + b"\0" * 16_384).result
            sent += 16_389
        assert result.outcome is O.INVALID
        assert sent <= MAX_HANDSHAKE + 2 * 16_389


def test_a_flood_inside_is_bounded(client_of: ClientOf, context: Contexts) -> None:
    session, server = client_of(CertificateBook()).session(Profile.MODERN, ""), Server(context())
    _, rest = shake(session, server)
    session.decrypt(rest)
    record, sent, ended = b"x" * 16_000, 0, None
    while ended is None:
        said = server.say(record)
        sent += len(said)
        ended = session.decrypt(said)[2]
        assert sent <= MAX_INSIDE + 16_384
    assert ended is Ended.BROKEN


def test_a_certificate_of_a_megabyte_is_a_failed_handshake(client_of: ClientOf, context: Contexts) -> None:
    served = context(extensions=((BIG, False),))
    result, _ = shake(client_of(CertificateBook()).session(Profile.MODERN, ""), Server(served))
    assert result.outcome is O.INVALID
    assert result.version == "TLSv1.3"


def test_a_certificate_that_does_not_parse_is_a_failed_handshake(client_of: ClientOf) -> None:
    for der in (b"not a certificate", b"\x30\x80", b"\x30\x03\x02\x01\x05", b"\0" * 2_000, b""):
        session = client_of(CertificateBook()).session(Profile.MODERN, "")
        session.handshake(b"")
        hello = b"\x03\x03" + b"r" * 32 + b"\0" + b"\xc0\x2f" + b"\0" + b"\x00\x05\xff\x01\x00\x01\x00"
        certificate = len(der).to_bytes(3, "big") + der
        body = len(certificate).to_bytes(3, "big") + certificate
        said = b"\x02" + len(hello).to_bytes(3, "big") + hello + b"\x0b" + len(body).to_bytes(3, "big") + body
        result = session.handshake(b"\x16\x03\x03" + len(said).to_bytes(2, "big") + said).result
        assert result is not None
        assert (result.outcome, result.version, result.chain) == (O.INVALID, "TLSv1.2", ())
        assert result.detail


@pytest.mark.parametrize(("profile", "downgraded"), [(Profile.MODERN, True), (Profile.LEGACY, False)])
@pytest.mark.parametrize("sentinel", [b"DOWNGRD\x01", b"DOWNGRD\x00"])
def test_the_downgrade_sentinel(
    client_of: ClientOf, profile: Profile, downgraded: bool, sentinel: bytes
) -> None:
    """RFC 8446 §4.1.3: somebody between us and the server took TLS 1.3 away."""
    session = client_of(CertificateBook()).session(profile, "")
    session.handshake(b"")
    hello = b"\x03\x03" + b"r" * 24 + sentinel + b"\0" + b"\xc0\x2f" + b"\0" + b"\x00\x05\xff\x01\x00\x01\x00"
    said = b"\x02" + len(hello).to_bytes(3, "big") + hello + b"\x0e\x00\x00\x00"
    result = session.handshake(b"\x16\x03\x03" + len(said).to_bytes(2, "big") + said).result
    assert result is not None
    assert (result.outcome, result.downgraded) == (O.INVALID, downgraded)


@pytest.mark.parametrize(
    "host", ["a..b", "x" * 64 + ".example", "a\0b", "", "192.0.2.1", "2001:db8::1", "bücher.example"]
)
def test_a_name_that_no_sni_can_carry_costs_the_sni_alone(client_of: ClientOf, host: str) -> None:
    session = client_of(CertificateBook()).session(Profile.MODERN, host)
    assert session.handshake(b"").to_send[:1] == b"\x16"


def test_the_name_goes_out_as_sni(client_of: ClientOf, context: Contexts) -> None:
    served, names = context(), []
    served.sni_callback = lambda _tls, name, _context: names.append(name)
    for host in ("mail.example.org", ""):
        shake(client_of(CertificateBook()).session(Profile.MODERN, host), Server(served))
    assert names == ["mail.example.org", None]


def test_the_fast_hello_fits_one_segment() -> None:
    """Hybrid groups make it larger: a middlebox that stumbles over the second segment would look like a server without TLS."""
    hello = FastClient(CertificateBook()).session(Profile.MODERN, "mail.example.org").handshake(b"").to_send
    assert len(hello) < 1_000
