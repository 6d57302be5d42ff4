"""The one error of a scope: something that a user wrote, in one line, with what would be right."""


class ScopeError(ValueError):
    """What was given as a scope cannot be surveyed. ``str()`` is one printable line that names the place, the text
    and what would be right."""


_SHOWN = 80


def shown(text: str) -> str:
    """A user's text for an error line: in quotes, on one line, cut to 80 characters."""
    text = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
    safe = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
    return f'"{safe}"'


def at(where: str, message: str) -> ScopeError:
    """The error with its place in front, where there is one (``scope.txt line 3``)."""
    return ScopeError(f"{where}: {message}" if where else message)
