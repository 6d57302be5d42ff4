"""Which dialogue an endpoint gets."""

from openletter.dialogue import imap, pop3
from openletter.dialogue.implicit import implicit
from openletter.dialogue.notes import Notes
from openletter.dialogue.observation import Greeting, Mode, Protocol
from openletter.dialogue.step import Steps
from openletter.grammar.imap import ImapReader
from openletter.grammar.pop3 import Pop3Reader


def _confirmed(notes: Notes, steps: Steps) -> Steps:
    yield from steps
    if notes.greeting is Greeting.OK:
        yield from (imap.confirm(notes) if notes.endpoint.protocol is Protocol.IMAP else pop3.confirm(notes))


def dialogue(notes: Notes, *, confirm: bool = False) -> Steps:
    """The dialogue for ``notes.endpoint``; what it sees goes into ``notes``.

    ``confirm`` adds the credential-free confirmation on a cleartext port: only for hosts whose owner allows it.
    """
    is_imap = notes.endpoint.protocol is Protocol.IMAP
    if notes.endpoint.mode is Mode.IMPLICIT:
        if is_imap:
            return implicit(notes, ImapReader, imap.inside_implicit)
        return implicit(notes, Pop3Reader, pop3.inside_implicit)
    steps = imap.cleartext(notes) if is_imap else pop3.cleartext(notes)
    return _confirmed(notes, steps) if confirm else steps
