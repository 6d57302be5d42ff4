"""When these fail, ordinary clients cannot talk to the simulation, or one client can spoil it for the others."""

import imaplib
import poplib
import socket
import ssl

import pytest

PATIENCE_S = 5.0


@pytest.fixture(scope="module")
def address_of(simulation):
    """Finds an address whose port plays a manner and speaks TLS 1.3."""
    truths = [truth for truth in simulation.world.truths() if truth.tls_version == "TLSv1.3"]

    def find(manner, port):
        return next(truth.ip for truth in truths if truth.manner == manner and truth.port == port)

    return find


@pytest.fixture(scope="module")
def context():
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    return made


def test_imaplib_starts_tls_and_is_given_the_list_inside(simulation, address_of, context):
    ip = address_of("imap:cyrus-required", 143)
    with imaplib.IMAP4(ip, simulation.ports["imap"], timeout=PATIENCE_S) as client:
        assert "LOGINDISABLED" in client.capabilities
        client.starttls(context)
        assert "AUTH=PLAIN" in client.capabilities


def test_poplib_starts_tls_and_is_given_the_list_inside(simulation, address_of, context):
    ip = address_of("pop3:dovecot-required", 110)
    client = poplib.POP3(ip, simulation.ports["pop3"], timeout=PATIENCE_S)
    assert "USER" not in client.capa()
    client.stls(context)
    assert "USER" in client.capa()
    client.quit()


def test_imaplib_speaks_on_the_implicit_port(simulation, address_of, context):
    ip = address_of("imap:dovecot-optional", 993)
    port = simulation.ports["imaps"]
    with imaplib.IMAP4_SSL(ip, port, ssl_context=context, timeout=PATIENCE_S) as client:
        assert "AUTH=PLAIN" in client.capabilities


def test_poplib_speaks_on_the_implicit_port(simulation, address_of, context):
    ip = address_of("pop3:dovecot-optional", 995)
    client = poplib.POP3_SSL(ip, simulation.ports["pop3s"], context=context, timeout=PATIENCE_S)
    assert "USER" in client.capa()
    client.quit()


def test_the_good_certificate_is_valid_under_the_lab_root_and_its_name(simulation):
    """A survey that is told to trust the lab's root must find no fault in it."""
    truth = next(t for t in simulation.world.truths() if t.port == 993 and t.certificate == "good")
    trusting = ssl.create_default_context(cafile=simulation.root_pem)
    with (
        socket.create_connection((truth.ip, simulation.ports["imaps"]), timeout=PATIENCE_S) as sock,
        trusting.wrap_socket(sock, server_hostname="mail.example.net") as tls,
    ):
        assert tls.recv(4) == b"* OK"


@pytest.mark.parametrize(
    ("manner", "continued"), [("imap:dovecot-optional", True), ("imap:dovecot-required", False)]
)
def test_a_cancelled_authenticate_shows_whether_a_password_would_be_taken(
    simulation, address_of, manner, continued
):
    """The credential-free confirmation needs peers that accept and peers that refuse."""
    where = (address_of(manner, 143), simulation.ports["imap"])
    with socket.create_connection(where, timeout=PATIENCE_S) as sock, sock.makefile("rb") as lines:
        lines.readline()
        sock.sendall(b"a1 AUTHENTICATE PLAIN\r\n")
        assert lines.readline().startswith(b"+") is continued
        if continued:
            sock.sendall(b"*\r\n")
            assert lines.readline().startswith(b"a1 BAD")


def test_courier_that_requires_tls_lists_the_same_and_refuses_user(simulation, address_of):
    """The two that nothing passive tells apart must differ for whoever may ask."""
    listed, answered = [], []
    for manner in ("pop3:courier-optional", "pop3:courier-required"):
        client = poplib.POP3(address_of(manner, 110), simulation.ports["pop3"], timeout=PATIENCE_S)
        listed.append(client.capa())
        try:
            answered.append(client.user("x")[:3])
        except poplib.error_proto as error:
            answered.append(error.args[0][:4])
        client.close()
    assert listed[0] == listed[1]
    assert answered == [b"+OK", b"-ERR"]


RUBBISH = {
    "no line end": b"\0" * 20_000,
    "empty lines": b"\r\n\r\n",
    "a tag alone": b"a\r\n",
    "a record that never ends": b"\x16\x03\x01\xff\xff" + bytes(40_000),
    "a line too long": b"x" * 9_000,
    "half a hello behind STARTTLS": b"a STARTTLS\r\n\x16\x03",
    "NUL where the tag stands": b"\0 CAPABILITY\r\n\0 NONSENSE\r\n",
}


@pytest.mark.parametrize("data", RUBBISH.values(), ids=RUBBISH)
def test_whatever_a_client_says_the_server_goes_on_for_the_others(simulation, address_of, data):
    ip = address_of("imap:dovecot-optional", 143)
    for port in simulation.ports.values():
        with socket.create_connection((ip, port), timeout=PATIENCE_S) as sock:
            try:
                sock.sendall(data)
            except ConnectionError:
                continue
    with imaplib.IMAP4(ip, simulation.ports["imap"], timeout=PATIENCE_S) as client:
        assert "STARTTLS" in client.capabilities
    assert simulation.ended() is None
