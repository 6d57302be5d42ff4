"""Names to addresses: all A and AAAA records, by the system's resolver."""

import socket
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from openletter.scope.error import at, shown
from openletter.scope.target import Target

Resolver = Callable[[str], list[str]]
"""A name to its addresses as text, in a stable order. Raises OSError where there are none."""

_PARALLEL = 32  # the resolver blocks; a list of ten thousand names would else take an hour of waiting


def system_resolver(name: str) -> list[str]:
    """What ``getaddrinfo`` finds, IPv4 first, each address once; addresses with a zone are left out."""
    found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    addresses = {str(entry[4][0]) for entry in found if entry[0] in (socket.AF_INET, socket.AF_INET6)}
    return sorted((a for a in addresses if "%" not in a), key=lambda a: (":" in a, a))


def resolve_names(targets: Iterable[Target], resolver: Resolver) -> dict[str, list[str]]:
    """The addresses of every name among the targets.

    Raises :class:`~openletter.scope.error.ScopeError` for the first that has none, with its file and line.
    """
    first_use: dict[str, Target] = {}
    for target in targets:
        if target.name:
            first_use.setdefault(target.name, target)
    if not first_use:
        return {}
    with ThreadPoolExecutor(min(_PARALLEL, len(first_use))) as pool:
        answers = {name: pool.submit(resolver, name) for name in first_use}
        found: dict[str, list[str]] = {}
        for name, answer in answers.items():
            try:
                found[name] = answer.result()
                why = "the name has no address"
            except UnicodeError:
                found[name], why = [], "the name has no address"
            except OSError as error:
                found[name], why = [], (error.strerror or str(error)).lower()
            if not found[name]:
                pool.shutdown(wait=False, cancel_futures=True)
                target = first_use[name]
                raise at(target.where, f"{shown(target.text)} does not resolve ({why}); is it spelled right?")
    return found
