"""A peer for the memory benchmark: accepts on every 127.x address and says nothing. Prints its port; ends with its input."""

import resource
import select
import socket
import sys

SO_BINDTODEVICE = 25


def main() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with socket.socket() as listener:
        # All addresses of the loopback device, and of no other.
        listener.setsockopt(socket.SOL_SOCKET, SO_BINDTODEVICE, b"lo\0")
        listener.bind(("", 0))
        listener.listen(4_096)
        print(listener.getsockname()[1], flush=True)
        accepted = []
        while True:
            ready, _, _ = select.select([listener, sys.stdin], [], [])
            if sys.stdin in ready:
                return
            accepted.append(listener.accept()[0])


if __name__ == "__main__":
    main()
