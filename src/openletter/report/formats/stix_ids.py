"""Identifiers of STIX objects: all are UUIDs of version 5, so the same thing has the same one in every bundle, and whoever reads
two bundles has it once.

Those of observables follow the specification (STIX 2.1 §2.9): the namespace is its own, the name the canonical JSON (RFC 8785) of
the properties that make the object what it is. The others are in a namespace of this program.
"""

from typing import Any
from uuid import NAMESPACE_URL, uuid5

import msgspec
from stix2.base import SCO_DET_ID_NAMESPACE

NAMESPACE = uuid5(NAMESPACE_URL, "urn:openletter:stix")
"""Of everything that is no observable."""

_canonical = msgspec.json.Encoder(order="sorted")


def own_id(kind: str, name: str) -> str:
    """Of an object of this program, ``kind`` its type, ``name`` what tells it from others of that type."""
    return f"{kind}--{uuid5(NAMESPACE, f'{kind}:{name}')}"


def observable_id(kind: str, contributing: dict[str, Any]) -> str:
    """Of an observable with these ID contributing properties. For texts without control characters and for integers, of which
    msgspec's JSON with sorted names is the canonical one."""
    return f"{kind}--{uuid5(SCO_DET_ID_NAMESPACE, _canonical.encode(contributing).decode())}"
