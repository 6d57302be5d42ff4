"""How a command ends: the exit codes of the contract, and one clear line for what went wrong."""

import errno

EXIT_NOTHING_FOUND = 0
"""Nothing at or above ``--fail-on``."""
EXIT_FOUND = 1
EXIT_USAGE = 2
EXIT_COULD_NOT_RUN = 3
EXIT_INTERRUPTED = 130
"""128 and SIGINT, as shells have it."""


class CouldNotRunError(Exception):
    """The command was well written and cannot be carried out; ``str()`` is one line for the user."""


def describe(error: OSError) -> str:
    """One line for an error of the system: what was touched, and what is wrong with it."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    what = "the disk is full" if full else (error.strerror or str(error)).lower()
    return f"{error.filename}: {what}" if error.filename else what
