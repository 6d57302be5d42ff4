"""What an endpoint serves, in short, in English; messages of both catalogues."""

from openletter.dialogue.observation import Mode, Protocol
from openletter.report.messages import N_

SERVICES = {
    (Protocol.IMAP, Mode.CLEARTEXT): N_("IMAP"),
    (Protocol.IMAP, Mode.IMPLICIT): N_("IMAP in TLS"),
    (Protocol.POP3, Mode.CLEARTEXT): N_("POP3"),
    (Protocol.POP3, Mode.IMPLICIT): N_("POP3 in TLS"),
}
