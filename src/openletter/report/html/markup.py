"""The pieces of markup of which a document has thousands, made without a template: what strangers said, and badges."""

from collections.abc import Iterable

from markupsafe import Markup, escape

from openletter.report.visible import Piece


def octets(pieces: Iterable[Piece]) -> Markup:
    """An escape in a mark of its own, all of it in an isolation of its own, whatever direction its letters have."""
    shown = (
        Markup('<span class="escape">%s</span>') % piece.text if piece.escape else escape(piece.text)
        for piece in pieces
    )
    return Markup('<bdi class="said">%s</bdi>') % Markup("").join(shown)


def badge(kind: str, text: str) -> Markup:
    return Markup('<span class="badge %s">%s</span>') % (kind, text)
