"""What can go wrong while open endpoints are looked for.

ScopeError
└── DiscoveryError    a file is not what it was taken for, or a target list cannot be used
ScannerError          a scanner is not installed, may not run, or failed
"""

from openletter.scope.error import ScopeError


class DiscoveryError(ScopeError):
    """``str()`` is one printable line that names the file and what would be right."""


class ScannerError(Exception):
    """``str()`` is one printable line for the user."""
