"""Peers that greet as they should, and are hostile when they are asked for their list or for TLS."""

import socket

from hostile.peer import (
    BARE,
    ESCAPES,
    GREETING,
    IMAP,
    POP3,
    drip,
    flood,
    hold,
    hostile,
    line,
    reset,
    tiny,
    to_starttls,
)


def greet(sock: socket.socket) -> None:
    """An IMAP server that has to be asked for its list, and was."""
    sock.sendall(BARE)
    line(sock)


def greet_pop3(sock: socket.socket) -> None:
    sock.sendall(GREETING["pop3"])
    line(sock)


def listed(sock: socket.socket) -> None:
    """An IMAP server that was asked for STARTTLS."""
    sock.sendall(GREETING["imap"])
    line(sock)


@hostile(IMAP, caps_pre_source="no_answer", violation="line_too_long")
def lists_for_ever(sock: socket.socket) -> None:
    greet(sock)
    sock.sendall(b"* CAPABILITY")
    flood(sock, b" IMAP4rev1")


@hostile(POP3, caps_pre_source="no_answer", violation="list_too_long")
def lists_for_ever_pop3(sock: socket.socket) -> None:
    greet_pop3(sock)
    sock.sendall(b"+OK\r\n")
    flood(sock, b"USER\r\n")


@hostile(POP3, caps_pre_source="no_answer", violation="line_too_long")
def lists_an_endless_line_pop3(sock: socket.socket) -> None:
    greet_pop3(sock)
    sock.sendall(b"+OK\r\n")
    flood(sock, b"SASL PLAIN ")


@hostile(POP3, caps_pre_source="no_answer")
def stuffs_dots_for_ever(sock: socket.socket) -> None:
    greet_pop3(sock)
    sock.sendall(b"+OK\r\n")
    flood(sock, b"." * 700 + b"\r\n")


@hostile(POP3, caps_pre_source="no_answer")
def drips_its_list(sock: socket.socket) -> None:
    greet_pop3(sock)
    drip(sock, b"+OK\r\n" + b"USER\r\n" * 99)


@hostile(POP3, caps_pre_source="no_answer")
def never_ends_its_list(sock: socket.socket) -> None:
    greet_pop3(sock)
    sock.sendall(b"+OK\r\nUSER\r\nSTLS\r\n")
    hold(sock)


@hostile(IMAP, caps_pre_source="no_answer", violation="too_much_data")
def sends_untagged_data_for_ever(sock: socket.socket) -> None:
    greet(sock)
    flood(sock, b"* 1 EXISTS\r\n* \x1b[31m\r\n")


@hostile(IMAP, caps_pre_source="no_answer", violation="too_much_data")
def answers_with_the_wrong_tag_for_ever(sock: socket.socket) -> None:
    greet(sock)
    flood(sock, b"a2 OK not yours\r\nb1 OK\r\n")


@hostile(IMAP, caps_pre_source="no_answer", violation="too_much_data")
def says_go_on_for_ever(sock: socket.socket) -> None:
    greet(sock)
    flood(sock, b"+ \r\n")


@hostile(IMAP, caps_pre_source="no_answer", violation="too_much_data")
def says_goodbye_for_ever_when_asked(sock: socket.socket) -> None:
    greet(sock)
    flood(sock, b"* BYE\r\n")


@hostile(IMAP, caps_pre_source="no_answer", violation="literal_too_large")
def lists_a_literal_of_four_gigabytes(sock: socket.socket) -> None:
    greet(sock)
    sock.sendall(b"* ID ({4294967295}\r\n")
    flood(sock, b"\0")


@hostile(IMAP, caps_pre_source="no_answer")
def promises_literals_and_sends_none(sock: socket.socket) -> None:
    greet(sock)
    sock.sendall(b"* ID ({60000}\r\n")
    hold(sock)


@hostile(IMAP, caps_pre_source="no_answer", violation="literal_too_large")
def sends_ten_thousand_empty_literals(sock: socket.socket) -> None:
    greet(sock)
    sock.sendall(b"* ID " + b"{0}\r\n" * 10_000)
    hold(sock)


@hostile(IMAP, caps_pre_source="command")
def lists_again_and_again_before_it_is_done(sock: socket.socket) -> None:
    greet(sock)
    sock.sendall(b"".join(b"* CAPABILITY N%d\r\n" % n for n in range(3_000)) + b"a1 OK\r\n")
    line(sock)
    sock.sendall(b"a2 NO\r\n")
    hold(sock)


@hostile(IMAP, caps_pre_source="no_answer")
def sends_its_list_in_tiny_segments_for_ever(sock: socket.socket) -> None:
    greet(sock)
    while True:
        tiny(sock, b"* CAPABILITY X\r\n")


@hostile(IMAP, caps_pre_source="no_answer")
def closes_when_asked(sock: socket.socket) -> None:
    greet(sock)


@hostile(POP3, caps_pre_source="no_answer")
def closes_in_the_middle_of_its_list(sock: socket.socket) -> None:
    greet_pop3(sock)
    sock.sendall(b"+OK\r\nUSER\r\nST")


@hostile(IMAP, caps_pre_source="no_answer")
def resets_when_asked(sock: socket.socket) -> None:
    greet(sock)
    reset(sock)


@hostile(IMAP, caps_pre_source="no_answer")
def says_nothing_when_asked(sock: socket.socket) -> None:
    greet(sock)
    hold(sock)


@hostile(IMAP, caps_pre_source="no_answer")
def half_closes_when_asked(sock: socket.socket) -> None:
    greet(sock)
    sock.sendall(b"* CAPABILITY X\r\n")
    sock.shutdown(socket.SHUT_WR)
    hold(sock)


@hostile(IMAP, starttls_reply="timeout")
def says_nothing_to_starttls(sock: socket.socket) -> None:
    listed(sock)
    hold(sock)


@hostile(IMAP, starttls_reply="closed")
def closes_at_starttls(sock: socket.socket) -> None:
    listed(sock)


@hostile(IMAP, starttls_reply="closed")
def resets_at_starttls(sock: socket.socket) -> None:
    listed(sock)
    reset(sock)


@hostile(IMAP, starttls_reply="garbage", violation="too_much_data")
def answers_starttls_with_the_wrong_tag_for_ever(sock: socket.socket) -> None:
    listed(sock)
    flood(sock, b"a1 OK begin\r\n")


@hostile(IMAP, starttls_reply="garbage", violation="line_too_long")
def begins_an_ok_that_never_ends(sock: socket.socket) -> None:
    listed(sock)
    sock.sendall(b"a2 OK ")
    flood(sock, b"begin ")


@hostile(IMAP, starttls_reply="no")
def refuses_starttls_with_escapes(sock: socket.socket) -> None:
    listed(sock)
    sock.sendall(b"a2 NO " + ESCAPES + b"\r\n")
    hold(sock)


@hostile(IMAP, starttls_reply="no")
def refuses_and_does_not_take_the_goodbye(sock: socket.socket) -> None:
    listed(sock)
    sock.sendall(b"a2 NO\r\n")
    line(sock)
    flood(sock, b"* BYE\r\n")


@hostile(IMAP, starttls_reply="ok")
def drips_its_ok(sock: socket.socket) -> None:
    listed(sock)
    drip(sock, b"a2 OK\r\n", 0.03)
    hold(sock)


@hostile(IMAP, starttls_reply="ok", handshake="plaintext")
def says_ok_and_floods_in_the_clear(sock: socket.socket) -> None:
    to_starttls(sock, IMAP)
    flood(sock, ESCAPES + b"* BYE\r\n")


@hostile(POP3, starttls_reply="ok")
def says_ok_for_ever(sock: socket.socket) -> None:
    to_starttls(sock, POP3)
    flood(sock, b"+OK begin\r\n")


@hostile(IMAP, starttls_reply="ok", bytes_after_starttls_ok="* OK [CAPABILITY FORGED]")
def injects_behind_its_ok(sock: socket.socket) -> None:
    listed(sock)
    sock.sendall(b"a2 OK\r\n* OK [CAPABILITY FORGED]")
    hold(sock)


@hostile(POP3, starttls_reply="garbage")
def answers_stls_with_nul(sock: socket.socket) -> None:
    greet_pop3(sock)
    sock.sendall(b"+OK\r\n.\r\n")
    line(sock)
    sock.sendall(b"\0\0\0\n" * 100)
    hold(sock)
