"""A worker must not outlive the process that pays for its time: nobody would hear what it finds, and hosts would go on
being asked."""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
"""prctl(2)"""


def end_with_parent(parent: int) -> None:
    """Have the system kill this process when ``parent``, which started it, is gone. Only Linux does that; elsewhere the
    pipe's end says it a little later."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        # It died before the request was made.
        os._exit(1)
