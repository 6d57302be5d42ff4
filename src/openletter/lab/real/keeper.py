"""A process that ends the servers when the lab's own process is gone, even by SIGKILL.

It waits at the other end of a pipe that only the lab holds, and it holds the lab's lock with it: nobody starts the next
lab before the last one's servers have gone.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import IO

from openletter.lab.real.daemon import end_leftovers
from openletter.lab.real.fixed_paths import give_back


def keep(run: Path, lock: IO[str]) -> subprocess.Popen[bytes]:
    """Starts the keeper of the servers that run in this folder. It ends when its standard input is closed."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(
        [sys.executable, "-m", "openletter.lab.real.keeper", str(run)],
        cwd="/",
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        pass_fds=(lock.fileno(),),
        start_new_session=True,
    )


def dismiss(keeper: subprocess.Popen[bytes]) -> None:
    """Closes the keeper's standard input and waits until it has ended."""
    keeper.communicate()


def main() -> None:
    run = Path(sys.argv[1])
    sys.stdin.buffer.read()
    end_leftovers(run)
    give_back(str(run))
    shutil.rmtree(run, ignore_errors=True)


if __name__ == "__main__":
    main()
