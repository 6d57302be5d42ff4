"""What was seen of one endpoint, as a document shows it: the view of it, what was said before TLS, its certificate."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from openletter.dialogue.observation import Side
from openletter.report.endpoint_view import CertificateView, EndpointView, FindingView, endpoint_view
from openletter.report.host import EndpointReport
from openletter.report.standing import LEAST
from openletter.report.visible import Line, Piece

MOST_LINES = 16
"""Of a transcript: a greeting, a list and an answer or two."""
MOST_CHARACTERS = 200
"""Of a line, and of what a server says of itself."""


class EndpointCard(msgspec.Struct, frozen=True, kw_only=True):
    view: EndpointView
    faults: tuple[FindingView, ...]
    """Findings that are to be mended."""
    remarks: tuple[FindingView, ...]
    """Those that are only worth knowing."""
    talk: tuple[Line, ...]
    """What both sides said before TLS, as far as it fits; empty where neither said anything."""
    talk_cut: bool
    banner: tuple[Piece, ...]
    """As far as it fits."""
    recognised: str
    certificate: CertificateView | None
    """The server's own."""


def endpoint_card(of: EndpointReport, chain: Sequence[bytes], language: str) -> EndpointCard:
    """``chain``: DER, leaf first."""
    view = endpoint_view(of, chain, language)
    said = tuple(_before_tls(view.transcript))
    spoken = any(line.side is not Side.NOTE for line in said)
    return EndpointCard(
        view=view,
        faults=tuple(one for one in view.findings if one.severity >= LEAST),
        remarks=tuple(one for one in view.findings if one.severity < LEAST),
        talk=tuple(_cut(line) for line in said[:MOST_LINES]) if spoken else (),
        talk_cut=spoken and len(said) > MOST_LINES,
        banner=cut(view.banner),
        recognised=of.remedy.recognised,
        certificate=view.certificates[0] if view.certificates else None,
    )


def _before_tls(lines: Iterable[Line]) -> Iterator[Line]:
    """Up to the note of the first handshake, which says how it ended."""
    for line in lines:
        yield line
        if line.side is Side.NOTE and "TLS" in "".join(piece.text for piece in line.pieces):
            return


def _cut(line: Line) -> Line:
    return msgspec.structs.replace(line, pieces=cut(line.pieces))


def cut(pieces: Sequence[Piece], most: int = MOST_CHARACTERS) -> tuple[Piece, ...]:
    """The first ``most`` characters, with an ellipsis where there are more."""
    kept: list[Piece] = []
    room = most
    for piece in pieces:
        if len(piece.text) > room:
            return (*kept, Piece(f"{piece.text[:room]}…", piece.escape))
        kept.append(piece)
        room -= len(piece.text)
    return tuple(kept)
