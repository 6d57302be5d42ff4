"""One process of the simulated Internet. Started by ``SimulatedInternet``; says ``ready`` and serves until its standard
input is closed, so that it never outlives whoever started it."""

import contextlib
import gc
import resource
import signal
import sys
from pathlib import Path

from openletter.lab.internet.contexts import tls_peers
from openletter.lab.internet.figures import PORTS
from openletter.lab.internet.population import World
from openletter.lab.internet.server import Server


def main(arguments: list[str]) -> int:
    """Arguments: scale, seed, share without TLS, port base, folder of certificates."""
    scale, seed, share, base, folder = arguments
    # Ctrl-C reaches the whole foreground group; the parent ends us in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    world = World(int(scale), int(seed), float(share))
    try:
        server = Server(
            world, tls_peers(Path(folder)), {port: int(base) + port for port in PORTS}, sys.stdin.fileno()
        )
    except OSError as error:
        print(f"cannot listen: {error.strerror or error}", flush=True)
        return 3
    print("ready", flush=True)
    # All that lives long is there now; what a connection leaves behind is freed by reference counts alone.
    gc.freeze()
    gc.disable()
    try:
        server.serve()
    finally:
        server.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
