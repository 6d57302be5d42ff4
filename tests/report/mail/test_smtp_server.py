"""Which server, and its password. What a user loses when these fail: a password in a log, mail without TLS."""

import pytest

from openletter.report.mail.error import MailSettingError
from openletter.report.mail.smtp_server import PASSWORD_VARIABLE, Way, context_of, read_password, read_server


@pytest.mark.parametrize(
    ("url", "way", "host", "port", "user"),
    [
        ("smtps://mail.example.org", Way.IMPLICIT, "mail.example.org", 465, ""),
        ("smtps://me@mail.example.org:4650/", Way.IMPLICIT, "mail.example.org", 4650, "me"),
        ("smtp+starttls://me%40x.org@bücher.example", Way.STARTTLS, "xn--bcher-kva.example", 587, "me@x.org"),
        ("smtps://[2001:DB8::1]", Way.IMPLICIT, "2001:db8::1", 465, ""),
        ("smtps://localhost", Way.IMPLICIT, "localhost", 465, ""),
    ],
)
def test_a_server_is_read(url, way, host, port, user):
    server = read_server(url)
    assert (server.way, server.host, server.port, server.user) == (way, host, port, user)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("smtp://mail.example.org", "without TLS"),
        ("mail.example.org", "scheme"),
        ("http://mail.example.org", "http"),
        ("smtps://", "names no server"),
        ("smtps://mail.example.org:0", "port"),
        ("smtps://mail.example.org:99999", "cannot be read"),
        ("smtps://mail.example.org/x", "behind the server"),
        ("smtps://a%0d%0ab@mail.example.org", "no name of a user"),
    ],
)
def test_what_is_no_safe_way_is_refused(url, says):
    with pytest.raises(MailSettingError, match=says) as error:
        read_server(url)
    assert str(error.value).isprintable()


@pytest.mark.parametrize(
    "url", ["smtps://me:hunter2@mail.example.org", "smtp://me:hunter2@x", "smtps://me:hunter2@x:y"]
)
def test_a_password_in_an_address_is_refused_and_not_shown(url):
    with pytest.raises(MailSettingError) as error:
        read_server(url)
    assert "hunter2" not in str(error.value)


def test_a_password_is_read_from_the_environment_or_a_file(monkeypatch, tmp_path):
    monkeypatch.delenv(PASSWORD_VARIABLE, raising=False)
    assert read_password(None) is None
    monkeypatch.setenv(PASSWORD_VARIABLE, "from ä")
    assert read_password(None) == "from ä"
    file = tmp_path / "password"
    file.write_text("in a file ä\n", "utf-8")
    file.chmod(0o640)
    with pytest.raises(MailSettingError, match=r"others can read the password \(mode 640\)"):
        read_password(file)
    file.chmod(0o600)
    assert read_password(file) == "in a file ä"


@pytest.mark.parametrize("text", ["", "\n", "two\nlines", "nul\0", "x" * 1_001])
def test_a_password_of_more_lines_is_none_and_is_not_shown(text, tmp_path):
    file = tmp_path / "password"
    file.write_text(text)
    file.chmod(0o600)
    with pytest.raises(MailSettingError, match="one line") as error:
        read_password(file)
    assert "two" not in str(error.value)


def test_a_file_without_certificates_is_named(tmp_path):
    (tmp_path / "roots.pem").write_text("nothing")
    for path in (tmp_path / "roots.pem", tmp_path / "missing.pem"):
        with pytest.raises(MailSettingError, match=path.name):
            context_of(path)
