"""One HTTP request with bounds. What a user loses when these fail: a program that hangs or fills up because a server wants it to,
or one that can be sent to addresses inside the user's own network."""

import socket
import threading
import time
from contextlib import contextmanager

import pytest

from openletter.report import bounded_http
from openletter.report.bounded_http import (
    ForbiddenPlaceError,
    HttpError,
    Reach,
    addresses_of,
    read_url,
    request,
)


@contextmanager
def saying(*pieces, pause=0.0, family=socket.AF_INET):
    """A server that says this to whoever comes, whatever is asked; its port, and the requests it got."""
    heard = []
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def serve():
        while not stop.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                try:
                    heard.append(connection.recv(65_536))
                    for piece in pieces:
                        connection.sendall(piece)
                        if stop.wait(pause):
                            return
                except OSError:
                    pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1], heard
    finally:
        stop.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def get(port, *, timeout=5.0, most=1_000):
    return request(
        "GET", read_url(f"http://127.0.0.1:{port}/x?y=1"), headers={}, timeout=timeout, max_octets=most
    )


def test_an_answer_with_its_first_headers():
    with saying(b"HTTP/1.1 200 OK\r\nA: 1\r\nA: 2\r\nContent-Length: 2\r\n\r\nhi") as (port, heard):
        reply = get(port)
    assert (reply.status, reply.body, reply.cut, reply.headers["a"]) == (200, b"hi", False, "1")
    assert heard[0].startswith(b"GET /x?y=1 HTTP/1.1\r\n")
    assert f"Host: 127.0.0.1:{port}\r\n".encode() in heard[0]


def test_a_long_answer_is_not_read():
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n"
    with saying(head, *[b"x" * 65_536] * 700) as (port, _):
        reply = get(port)
    assert (len(reply.body), reply.cut) == (1_000, True)


def test_a_slow_answer_ends_at_the_deadline_of_the_whole():
    """Each octet comes in time, and all of them never."""
    with saying(b"HTTP/1.1 200 OK\r\n\r\n", *[b"x"] * 600, pause=0.05) as (port, _):
        began = time.monotonic()
        with pytest.raises(HttpError, match="no answer in time"):
            get(port, timeout=0.4)
        assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"SSH-2.0-x\r\n",
        b"HTTP/1.1 banana\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nA: " + b"x" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_what_is_no_answer_is_one_line(said):
    with saying(said) as (port, _), pytest.raises(HttpError) as caught:
        get(port)
    assert str(caught.value).isprintable()


def test_a_redirect_is_an_answer_and_is_not_followed():
    with saying(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n") as (
        port,
        heard,
    ):
        assert get(port).status == 302
    assert len(heard) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "ftp://example.org/",
        "https://",
        "https://user:secret@example.org/",
        "https://example.org:0/",
        "https://exa mple.org/",
        "https://example.org/\r\nX: y",
        "https://ex\u00e4mple.org/",
        "https://[::1/",
        "https://[fe80::1%25eth0]/",
        "https://example.org/" + "x" * 3_000,
        "file:///etc/passwd",
    ],
)
def test_what_is_no_place_is_refused_and_no_password_is_shown(url):
    with pytest.raises(ForbiddenPlaceError) as caught:
        read_url(url)
    assert "secret" not in str(caught.value)
    assert str(caught.value).isprintable()


INSIDE = [
    "10.0.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "fd00::1",
    "127.0.0.1",
    "::1",
    "::ffff:10.0.0.1",
    "198.18.0.1",
]
NEVER = [
    "169.254.169.254",
    "fe80::1",
    "0.0.0.0",
    "::",
    "224.0.0.1",
    "255.255.255.255",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "::ffff:0:a9fe:a9fe",
    "fd00:ec2::254",
    "100.100.100.200",
]


@pytest.fixture
def leads_to(monkeypatch):
    def lead(*addresses):
        def resolve(host, port, **_):
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in addresses]

        monkeypatch.setattr(bounded_http.socket, "getaddrinfo", resolve)

    return lead


@pytest.mark.parametrize("ip", INSIDE + NEVER)
def test_a_name_that_leads_inside_is_refused(leads_to, ip):
    """Also where only one of its addresses does."""
    leads_to("8.8.8.8", ip)
    with pytest.raises(ForbiddenPlaceError, match="no public address"):
        addresses_of(read_url("https://hooks.example.org/"), Reach.GIVEN)


@pytest.mark.parametrize("ip", INSIDE)
def test_inside_where_the_user_says_so(leads_to, ip):
    leads_to(ip)
    assert addresses_of(read_url("https://hooks.example.org/"), Reach.PRIVATE) == [ip]


@pytest.mark.parametrize("ip", NEVER)
def test_never_where_clouds_keep_their_secrets(leads_to, ip):
    leads_to(ip)
    with pytest.raises(ForbiddenPlaceError):
        addresses_of(read_url("https://hooks.example.org/"), Reach.PRIVATE)


def test_the_connection_goes_to_the_address_that_was_looked_at(monkeypatch):
    """A second look at DNS could lead elsewhere."""
    real = socket.getaddrinfo
    asked = []

    def resolve(host, *rest, **more):
        if host == "localhost":
            asked.append(host)
            return real("127.0.0.1", *rest, **more)
        assert host == "127.0.0.1", "nothing but an address may be resolved a second time"
        return real(host, *rest, **more)

    monkeypatch.setattr(bounded_http.socket, "getaddrinfo", resolve)
    with saying(b"HTTP/1.1 204 No Content\r\n\r\n") as (port, _):
        request("GET", read_url(f"http://localhost:{port}/"), headers={}, timeout=5, max_octets=10)
    assert asked == ["localhost"]
