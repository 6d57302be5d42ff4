"""One connection to a mail server. What a user loses when these fail: reports about lost passwords cross in the clear
themselves, with the password of whoever sends them."""

import datetime
import ssl

import pytest

from openletter.report.mail.error import NoServerError
from openletter.report.mail.smtp import Connection, LostError
from openletter.report.mail.smtp_server import context_of, read_server

MESSAGE = b"Subject: x\r\n\r\n.\r\n..two\r\ntext\r\n\r\n"


@pytest.fixture
def connect(authority):
    def made(url, password=None, **more):
        timeouts = {"timeout": 10.0, "dot_timeout": 10.0, **more}
        return Connection(read_server(url), context_of(authority.roots), password, **timeouts)

    return made


def _send(connection, recipients=("a@example.net",), before_dot=lambda taken: None):
    return connection.send(
        MESSAGE, recipients, sender="bounce@example.org", envelope_id="20261124.x", before_dot=before_dot
    )


@pytest.mark.parametrize("way", ["smtps", "smtp+starttls"])
def test_a_message_arrives_with_all_its_octets(mail_server, connect, way):
    kept = mail_server(way)
    with connect(kept.url) as connection:
        assert isinstance(connection._smtp.sock, ssl.SSLSocket)
        assert connection._smtp.sock.version() in ("TLSv1.2", "TLSv1.3")
        assert _send(connection).reply.accepted
        assert _send(connection).reply.accepted, "a connection is good for many"
    assert kept.mails == [("bounce@example.org", ("a@example.net",), MESSAGE)] * 2


@pytest.mark.parametrize("way", ["smtps", "smtp+starttls"])
def test_the_password_is_said_inside_tls_alone(mail_server, connect, way):
    kept = mail_server(way, user="reports%40example.org")
    with connect(kept.url, "s3cret ä") as connection:
        assert _send(connection).reply.accepted
    assert kept.logins == [(b"reports@example.org", "s3cret ä".encode(), True)]


def test_a_wrong_password_is_told_of_and_not_shown(mail_server, connect):
    kept = mail_server(user="reports")
    with pytest.raises(NoServerError, match="does not let reports in: 535") as error:
        connect(kept.url, "guessed")
    assert "guessed" not in str(error.value)


def test_a_server_that_repeats_the_password_does_not_put_it_into_the_error(scripted, connect, authority):
    tls = authority.context()

    def script(talk):
        talk.start_tls(tls)
        talk.greet("AUTH PLAIN")
        talk.say(f"535 no {talk.hear().decode()} hunter2 aHVudGVyMg==")

    server = scripted(script)
    with pytest.raises(NoServerError, match="does not let me in") as error:
        connect(f"smtps://me@127.0.0.1:{server.port}", "hunter2")
    assert "hunter2" not in str(error.value)
    assert "aHVudGVyMg" not in str(error.value)
    assert "AG1lAGh1bnRlcjI" not in str(error.value), "user and password, as AUTH PLAIN says them"


def _spoken(server):
    """What was said before the end of TLS or of everything."""
    return b"\n".join(server.said).upper()


def test_a_server_without_starttls_gets_nothing(mail_server, connect):
    kept = mail_server("smtp+starttls", context=None)
    plain = mail_server("plain")
    url = plain.url.replace("plain:", "smtp+starttls:")
    with pytest.raises(NoServerError, match=r"offers no STARTTLS.*nothing is sent"):
        connect(url)
    assert plain.mails == kept.mails == []


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (["454 not now"], "refuses STARTTLS: 454 not now"),
        (["502 what"], "refuses STARTTLS: 502 what"),
        (["220 go on", "250-scripted", "250 AUTH PLAIN"], "spoken in the clear after its go-ahead"),
        (["220 go on\r\n235 you are in"], "spoken in the clear"),
    ],
    ids=["later", "unknown", "injected list", "injected login"],
)
def test_who_stands_between_learns_nothing(scripted, connect, reply, says):
    def script(talk):
        talk.greet("STARTTLS", "AUTH PLAIN", "DSN")
        talk.hear()
        talk.say(*reply)
        talk.hear()

    server = scripted(script)
    with pytest.raises(NoServerError, match=says):
        connect(f"smtp+starttls://me@127.0.0.1:{server.port}", "hunter2")
    for word in (b"AUTH", b"MAIL", b"RCPT", b"ME"):
        assert word not in _spoken(server).replace(b"STARTTLS", b"")


def test_starttls_that_was_taken_out_of_the_list_is_not_done_without(scripted, connect):
    """A middlebox writes XXXXXXXA over the word, and would forward the rest."""
    server = scripted(lambda talk: (talk.greet("XXXXXXXA", "AUTH PLAIN"), talk.hear()))
    with pytest.raises(NoServerError, match="offers no STARTTLS, or someone in between has taken it away"):
        connect(f"smtp+starttls://me@127.0.0.1:{server.port}", "hunter2")
    assert b"AUTH" not in _spoken(server)


def test_a_late_injection_breaks_the_handshake(scripted, connect):
    """It arrives after the go-ahead was read, in place of the server's side of the handshake."""

    def script(talk):
        talk.greet("STARTTLS")
        talk.hear()
        talk.say("220 go on")
        talk.connection.recv(65536)
        talk.say("250 AUTH PLAIN")

    server = scripted(script)
    with pytest.raises(NoServerError, match="TLS fails"):
        connect(f"smtp+starttls://me@127.0.0.1:{server.port}", "hunter2")


def test_what_the_list_said_before_tls_is_forgotten(scripted, connect, authority):
    """The list in the clear may be anybody's: DSN and AUTH count inside alone, where EHLO is said again."""
    tls = authority.context()

    def script(talk):
        talk.greet("STARTTLS", "DSN", "SIZE 10")
        talk.hear()
        talk.say("220 go on")
        talk.start_tls(tls)
        talk.hello("PIPELINING")
        talk.take_until_data()
        talk.hear_message()
        talk.say("250 OK")

    server = scripted(script)
    with connect(f"smtp+starttls://127.0.0.1:{server.port}") as connection:
        assert _send(connection).reply.accepted
    hellos = [line for line in server.said if line.lower().startswith(b"ehlo")]
    assert len(hellos) == 2
    assert not any(b"ENVID" in line or b"NOTIFY" in line or b"SIZE" in line for line in server.said)


@pytest.mark.parametrize(
    ("certificate", "says"),
    [
        ({"ip": "127.0.0.2"}, "IP address mismatch"),
        ({"until": datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=1)}, "expired"),
    ],
    ids=["wrong name", "expired"],
)
@pytest.mark.parametrize("way", ["smtps", "smtp+starttls"])
def test_a_certificate_that_is_not_good_ends_it(mail_server, connect, authority, way, certificate, says):
    kept = mail_server(way, context=authority.context(**certificate))
    with pytest.raises(NoServerError, match=f"certificate is not good: .*{says}.*nothing is sent"):
        connect(kept.url)
    assert kept.mails == []


def test_an_authority_that_nobody_named_is_not_trusted(mail_server):
    kept = mail_server()
    with pytest.raises(NoServerError, match="certificate is not good"):
        Connection(read_server(kept.url), context_of(None), None, timeout=10)


def test_tls_older_than_1_2_is_not_spoken(authority):
    context = context_of(authority.roots)
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED


def test_delivery_status_is_asked_for_where_it_can_be(scripted, connect, authority):
    """RFC 3461: else a report that never arrives is never heard of."""
    tls = authority.context()

    def script(talk):
        talk.start_tls(tls)
        talk.greet("DSN", "SIZE 1000000")
        talk.take_until_data()
        talk.hear_message()
        talk.say("250 OK")

    server = scripted(script)
    with connect(f"smtps://127.0.0.1:{server.port}") as connection:
        _send(connection, ["a+b@example.net"])
    mail = next(line for line in server.said if line.upper().startswith(b"MAIL"))
    rcpt = next(line for line in server.said if line.upper().startswith(b"RCPT"))
    assert b"<bounce@example.org>" in mail
    assert b"RET=HDRS" in mail
    assert b"ENVID=20261124.x" in mail
    assert b"NOTIFY=FAILURE,DELAY ORCPT=rfc822;a+2Bb@example.net" in rcpt


def test_one_recipient_of_two_that_is_refused_does_not_keep_the_other_from_it(mail_server, connect):
    kept = mail_server()
    kept.refused["gone@example.net"] = ["550 no such user"]
    told = []
    with connect(kept.url) as connection:
        outcome = _send(connection, ["gone@example.net", "a@example.net"], told.extend)
    assert outcome.reply.accepted
    assert outcome.refused["gone@example.net"].permanent
    assert told == ["a@example.net"]
    assert [recipients for _, recipients, _ in kept.mails] == [("a@example.net",)]


@pytest.mark.parametrize("reply", ["252 will try", "200 OK"])
def test_an_unusual_yes_to_a_recipient_is_one(scripted, connect, authority, reply):
    """RFC 5321 §4.3.2: the first digit tells. Else it would count as sent, and nothing was."""
    tls = authority.context()
    taken = []

    def script(talk):
        talk.start_tls(tls)
        talk.greet("SIZE")
        while talk.hear().upper() != b"DATA":
            talk.say(reply)
        talk.say("354 go on")
        taken.append(talk.hear_message())
        talk.say("250 OK")

    server = scripted(script)
    with connect(f"smtps://127.0.0.1:{server.port}") as connection:
        assert _send(connection).reply.text == "250 OK"
    assert len(taken) == 1


def test_a_server_that_says_yes_before_it_has_the_message_does_not_have_it(scripted, connect, authority):
    """One that answers once too often is an answer ahead: its 250 to DATA is that to RCPT."""
    tls = authority.context()
    told = []

    def script(talk):
        talk.start_tls(tls)
        talk.greet("SIZE")
        talk.hear()
        talk.say("250 OK", "250 OK")
        talk.hear()
        talk.say("250 OK")
        talk.hear()

    server = scripted(script)
    with connect(f"smtps://127.0.0.1:{server.port}") as connection:
        with pytest.raises(LostError, match="answers DATA with 250 OK"):
            _send(connection, before_dot=told.extend)
        assert not connection.alive
    assert told == []


def test_before_the_dot_is_said_it_is_told_and_not_before_that(scripted, connect, authority):
    tls = authority.context()
    seen = []

    def script(talk):
        talk.start_tls(tls)
        talk.greet("SIZE")
        talk.take_until_data()
        seen.append(talk.hear_message())
        talk.say("250 OK")

    server = scripted(script)

    def stop(taken):
        raise KeyboardInterrupt

    with connect(f"smtps://127.0.0.1:{server.port}") as connection, pytest.raises(KeyboardInterrupt):
        _send(connection, before_dot=stop)
    server.close()
    assert seen == [], "the server never heard the dot"
    assert b"." not in server.said
    assert not any(line.upper().startswith(b"QUIT") for line in server.said)


@pytest.mark.parametrize(
    "noise",
    [
        ["hello"],
        ["220-" + "x" * 10_000],
        ["220-x"] * 5_000,
        ["\x00\xff"],
    ],
    ids=["no code", "long line", "no end", "octets"],
)
def test_what_is_no_mail_server_is_left_alone(scripted, connect, noise):
    def script(talk):
        talk.say(*noise)
        talk.hear()

    server = scripted(script)
    with pytest.raises(NoServerError):
        connect(f"smtp+starttls://127.0.0.1:{server.port}")


def test_a_server_that_drips_does_not_hold_us_for_ever(scripted, connect):
    """An octet now and then keeps every single read in time."""

    def script(talk):
        talk.connection.settimeout(0.05)
        while True:
            talk.connection.sendall(b"2")
            try:
                if not talk.connection.recv(1):
                    return
            except TimeoutError:
                continue

    server = scripted(script)
    with pytest.raises(NoServerError, match="in time"):
        connect(f"smtp+starttls://127.0.0.1:{server.port}", timeout=0.5)


def test_terminal_escapes_of_a_server_are_shown_as_text(scripted, connect):
    server = scripted(lambda talk: (talk.say("554 \x1b[31mgo away\x07"), talk.hear()))
    with pytest.raises(NoServerError) as error:
        connect(f"smtp+starttls://127.0.0.1:{server.port}")
    assert "\\x1b[31mgo away" in str(error.value)
    assert str(error.value).isprintable()


def test_a_connection_that_ends_in_the_middle_is_lost(scripted, connect, authority):
    tls = authority.context()

    def script(talk):
        talk.start_tls(tls)
        talk.greet("SIZE")
        talk.take_until_data()
        talk.hear()

    server = scripted(script)
    with connect(f"smtps://127.0.0.1:{server.port}") as connection:
        with pytest.raises(LostError):
            _send(connection)
        assert not connection.alive
