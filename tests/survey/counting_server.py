"""A process that answers on every loopback address and writes down who was visited, when, and until when.

    python counting_server.py LOG [--silent-first]

It prints its two ports: one that greets with BYE, and one that ends every handshake with an alert, which draws further
hellos. It never closes first, so that the end of a visit is the moment in which the visitor left. ``--silent-first``: an
address with an odd last octet says nothing at the first visit to each of its ports, and greets well at the later ones.
"""

import select
import socket
import sys
import time
from pathlib import Path

BYE = b"* BYE not today\r\n"
ALERT = b"\x15\x03\x01\x00\x02\x02\x28"
WELL = b"* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] ready\r\n"


def listen():
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
    listener.bind(("", 0))
    listener.listen(4096)
    listener.setblocking(False)
    return listener


def main(log, silent_first):
    listeners = {
        listener.fileno(): (listener, says) for listener, says in ((listen(), BYE), (listen(), ALERT))
    }
    poll = select.epoll()
    for fd in listeners:
        poll.register(fd, select.EPOLLIN)
    print(*(listener.getsockname()[1] for listener, _ in listeners.values()), flush=True)
    visits, here, known = {}, {}, set()

    def leave(fd):
        peer, ip, port, came = visits.pop(fd)
        here[ip].discard(fd)
        peer.close()
        log.write(f"{ip} {port} {came:.6f} {time.monotonic():.6f}\n")

    def gone(fd):
        try:
            return not visits[fd][0].recv(4096)
        except BlockingIOError:
            return False
        except OSError:
            return True

    while True:
        events = poll.poll(0.2, 4096)
        for fd, _ in events:
            if fd in visits and gone(fd):
                leave(fd)
        for fd, _ in events:
            if fd not in listeners:
                continue
            listener, says = listeners[fd]
            peer, _ = listener.accept()
            came = time.monotonic()
            peer.setblocking(False)
            ip, port = peer.getsockname()
            for other in list(here.setdefault(ip, set())):
                # Who left before this one came is not here any more, whatever the order of events.
                while other in visits and gone(other):
                    leave(other)
            first = (ip, port) not in known
            known.add((ip, port))
            visits[peer.fileno()] = peer, ip, port, came
            here[ip].add(peer.fileno())
            poll.register(peer, select.EPOLLIN)
            odd = silent_first and int(ip.rpartition(".")[2]) % 2
            try:
                if not odd:
                    peer.send(says)
                    peer.shutdown(socket.SHUT_WR)
                elif not first:
                    peer.send(WELL)
                    peer.shutdown(socket.SHUT_WR)
            except OSError:
                pass
        log.flush()


if __name__ == "__main__":
    with Path(sys.argv[1]).open("w") as file:
        main(file, "--silent-first" in sys.argv)
