"""Which words may be shown as the name of a host. Those of DNS and of certificates are strangers': a name is a name by its
form alone, and anything else is none."""

import re

from openletter.tls.certificate import CertificateFacts

MAX_NAME = 253
"""Characters of a name without its last dot (RFC 1035 §2.3.4)."""
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
"""RFC 1123 §2.1, with the underscore that many reverse zones hold."""
_TOP = re.compile(r"(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})")
"""The last label is never digits alone (RFC 3696 §2): an address is no name."""
_MOST_NAMES = 1_000
"""Of a certificate; more are not looked at."""


def host_name(text: str) -> str:
    """The name in lower case without its last dot; empty for what is no full name of a host (one label, wildcards,
    addresses, escapes, too long)."""
    name = text.lower().removesuffix(".")
    if not name.isascii() or len(name) > MAX_NAME:
        return ""
    labels = name.split(".")
    if len(labels) < 2 or not _TOP.fullmatch(labels[-1]):
        return ""
    return name if all(map(_LABEL.fullmatch, labels[:-1])) else ""


def certificate_name(facts: CertificateFacts) -> str:
    """The first dNSName that is the name of one host, else the common name where it is; empty for neither."""
    candidates = (*facts.dns_names[:_MOST_NAMES], facts.subject.common_name)
    return next((name for text in candidates if (name := host_name(text))), "")
