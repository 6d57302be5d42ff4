"""Peers that are hostile from their first octet on a cleartext port."""

import socket
import time

from hostile.peer import BARE, ESCAPES, GREETING, IMAP, POP3, drip, flood, hold, hostile, line, reset, tiny


@hostile(IMAP, POP3, greeting="silent")
def silent(sock: socket.socket) -> None:
    hold(sock)


@hostile(IMAP, POP3, greeting="closed")
def closes_at_once(sock: socket.socket) -> None:
    pass


@hostile(IMAP, POP3, tcp="reset")
def resets_at_once(sock: socket.socket) -> None:
    reset(sock)


@hostile(IMAP, greeting="other", violation="line_too_long", guess="imap")
def greets_with_an_endless_line(sock: socket.socket) -> None:
    flood(sock, b"* OK " + b"A" * 1_000)


@hostile(POP3, greeting="other", violation="line_too_long", guess="binary")
def greets_with_gigabytes_of_nul(sock: socket.socket) -> None:
    flood(sock, b"\0")


@hostile(IMAP, greeting="ok")
def greets_for_ever(sock: socket.socket) -> None:
    flood(sock, BARE)


@hostile(IMAP, greeting="bye")
def says_goodbye_for_ever(sock: socket.socket) -> None:
    flood(sock, b"* BYE go away\r\n")


@hostile(POP3, greeting="err")
def refuses_for_ever(sock: socket.socket) -> None:
    flood(sock, b"-ERR no\r\n")


@hostile(IMAP, POP3)
def drips_its_greeting(sock: socket.socket) -> None:
    drip(sock, GREETING["imap"] * 9)


@hostile(IMAP, greeting="silent")
def drips_one_octet_a_second(sock: socket.socket) -> None:
    drip(sock, BARE, 1.0)


@hostile(IMAP, greeting="ok", starttls_reply="no")
def greets_one_octet_a_segment(sock: socket.socket) -> None:
    tiny(sock, GREETING["imap"])
    line(sock)
    tiny(sock, b"a2 NO not today\r\n")
    hold(sock)


@hostile(POP3, greeting="other", violation="line_too_long")
def sends_a_hundred_thousand_segments(sock: socket.socket) -> None:
    tiny(sock, b"+OK " + b"x" * 100_000)
    hold(sock)


@hostile(IMAP, greeting="ok")
def greets_with_terminal_escapes(sock: socket.socket) -> None:
    sock.sendall(b"* OK " + ESCAPES + b" ready\r\n")
    line(sock)
    sock.sendall(b"* CAPABILITY " + ESCAPES + b" AUTH=" + ESCAPES + b"\r\na1 OK " + ESCAPES + b"\r\n")
    line(sock)
    sock.sendall(b"a2 NO [" + ESCAPES + b"] " + ESCAPES + b"\r\n")
    hold(sock)


@hostile(POP3, greeting="ok")
def greets_with_terminal_escapes_and_an_apop_stamp(sock: socket.socket) -> None:
    sock.sendall(b"+OK " + ESCAPES + b" <" + ESCAPES.replace(b"\x0b", b"").replace(b"\x0c", b"") + b"@x>\r\n")
    line(sock)
    sock.sendall(
        b"+OK\r\nIMPLEMENTATION " + ESCAPES + b"\r\nSASL PLAIN " + ESCAPES + b"\r\n" + ESCAPES + b"\r\n.\r\n"
    )
    line(sock)
    sock.sendall(b"-ERR " + ESCAPES + b"\r\n")
    hold(sock)


@hostile(IMAP, greeting="other")
def greets_with_nothing_but_escapes(sock: socket.socket) -> None:
    sock.sendall(ESCAPES + b"\r\n")
    hold(sock)


@hostile(POP3, greeting="err")
def refuses_with_escapes(sock: socket.socket) -> None:
    sock.sendall(b"-ERR " + ESCAPES + b"\r\n")


@hostile(IMAP, greeting="bye")
def turns_away_with_escapes(sock: socket.socket) -> None:
    sock.sendall(b"* BYE " + ESCAPES + b"\r\n")


@hostile(IMAP, greeting="preauth")
def is_logged_in_and_insane(sock: socket.socket) -> None:
    sock.sendall(b"* PREAUTH " + ESCAPES + b"\r\n")
    flood(sock, b"* \0\r\n")


@hostile(IMAP, POP3, greeting="other")
def sends_empty_lines_for_ever(sock: socket.socket) -> None:
    flood(sock, b"\r\n")


@hostile(IMAP, greeting="other", violation="line_too_long")
def sends_carriage_returns_for_ever(sock: socket.socket) -> None:
    flood(sock, b"\r")


@hostile(IMAP, greeting="silent", banner="* OK [CAPABILI")
def stops_in_the_middle_of_its_greeting(sock: socket.socket) -> None:
    sock.sendall(b"* OK [CAPABILI")
    hold(sock)


@hostile(IMAP, POP3)
def half_closes_before_it_greets(sock: socket.socket) -> None:
    sock.shutdown(socket.SHUT_WR)
    hold(sock)


@hostile(IMAP, POP3)
def half_closes_behind_its_greeting(sock: socket.socket) -> None:
    sock.sendall(b"* OK x\r\n+OK x\r\n")
    sock.shutdown(socket.SHUT_WR)
    hold(sock)


@hostile(POP3, greeting="ok")
def stops_reading(sock: socket.socket) -> None:
    """We say little, and it must not matter that nobody takes it."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    sock.sendall(b"+OK\r\n")
    sock.shutdown(socket.SHUT_RD)
    time.sleep(3)


@hostile(IMAP, greeting="other", violation="literal_too_large")
def greets_with_a_literal_of_four_gigabytes(sock: socket.socket) -> None:
    sock.sendall(b"* ID {4294967295}\r\n")
    flood(sock, b"x")


@hostile(IMAP, greeting="other", violation="literal_too_large")
def greets_with_empty_literals_for_ever(sock: socket.socket) -> None:
    sock.sendall(b"* ID ")
    flood(sock, b"{0}\r\n")


@hostile(IMAP, POP3, greeting="tls_record")
def greets_with_a_tls_alert(sock: socket.socket) -> None:
    drip(sock, b"\x15\x03\x01\x00\x02\x02\x28", 0.01)


@hostile(IMAP, greeting="tls_record")
def greets_with_a_record_of_65535(sock: socket.socket) -> None:
    flood(sock, b"\x16\x03\x03\xff\xff" + b"\0" * 65_535)


@hostile(IMAP, POP3, greeting="other", guess="ssh")
def is_an_endless_ssh(sock: socket.socket) -> None:
    flood(sock, b"SSH-2.0-" + b"A" * 900)


@hostile(IMAP, greeting="other", guess="http")
def is_a_web_server_that_never_ends(sock: socket.socket) -> None:
    sock.sendall(b"HTTP/1.1 200 OK\r\n")
    flood(sock, b"<script>alert(1)</script>")


@hostile(POP3, greeting="other", guess="binary")
def is_a_telnet_that_negotiates_for_ever(sock: socket.socket) -> None:
    flood(sock, b"\xff\xfd\x01")


@hostile(IMAP, greeting="ok")
def greets_with_thirty_thousand_capabilities(sock: socket.socket) -> None:
    sock.sendall(b"* OK [CAPABILITY " + b"\x01 " * 30_000 + b"] x\r\n")
    line(sock)
    sock.sendall(b"a2 NO\r\n")
    hold(sock)


@hostile(IMAP, greeting="ok", starttls_reply="not_tried", caps_pre_source="no_answer")
def answers_before_it_is_asked(sock: socket.socket) -> None:
    sock.sendall(
        BARE + b"* CAPABILITY FORGED\r\na1 OK\r\na2 OK begin\r\na3 OK\r\n* BYE\r\n" + b"a2 OK\r\n" * 100
    )
    hold(sock)


@hostile(POP3, greeting="ok")
def answers_before_it_is_asked_pop3(sock: socket.socket) -> None:
    sock.sendall(b"+OK\r\n" * 1_000)
    hold(sock)
