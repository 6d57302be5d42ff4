"""Whether a refusal says that TLS is what is missing."""

import re

_SPEAKS_OF_TLS = re.compile(
    rb"\b(?:start)?tls\b|\bstls\b|\bssl\b|secure|encrypt|privacy|clear ?text|plain ?text", re.IGNORECASE
)


def speaks_of_tls(line: bytes) -> bool:
    """Whether the words of a ``NO``, ``BAD`` or ``-ERR`` name TLS or the want of it.

    ``-ERR TLS required to log in.`` does; ``-ERR no such user`` says nothing of TLS.
    """
    return _SPEAKS_OF_TLS.search(line) is not None
