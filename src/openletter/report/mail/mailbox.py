"""Mail addresses as headers and envelopes have them (RFC 5322 §3.4), in one form: an ASCII local part, and a domain of A-labels
(RFC 5890), which every server takes.
"""

from email.headerregistry import Address
from email.utils import getaddresses

import msgspec

from openletter.report.mail.error import MailSettingError
from openletter.report.visible import visible_text
from openletter.scope.error import shown
from openletter.subscriber.subscriber import SubscriberError, contact

MAX_WORDS = 300
"""Characters of a text in a header."""
MAX_ADDRESS = 254
"""RFC 5321 §4.5.3.1.3."""


class Mailbox(msgspec.Struct, frozen=True):
    name: str
    """To be shown; may be empty."""
    address: str

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]

    def header(self) -> Address:
        return Address(header_text(self.name), addr_spec=self.address)


def header_text(text: str) -> str:
    """Somebody's words for a header: one line, in which what does not print is an escape."""
    line = visible_text(" ".join(text.split()))
    return line if len(line) <= MAX_WORDS else f"{line[: MAX_WORDS - 1]}…"


def address_of(text: str) -> str:
    """In its one form. Raises MailSettingError."""
    try:
        address = contact(text)
    except SubscriberError as error:
        raise MailSettingError(str(error)) from None
    if len(address) > MAX_ADDRESS:
        raise MailSettingError(
            f"{shown(text)} is longer than the {MAX_ADDRESS} octets that an address may have"
        )
    return address


def read_mailbox(text: str) -> Mailbox:
    """``reports@example.org`` or ``CSIRT of Example <reports@example.org>``. Raises MailSettingError."""
    if not text.isprintable():
        raise MailSettingError(f"{shown(text)} is no mail address; give it on one line")
    found = getaddresses([text])
    name, address = found[0]
    if len(found) != 1 or not address:
        raise MailSettingError(
            f"{shown(text)} is not one mail address; write it as Example <reports@example.org>, "
            'a name with a comma as "Example, Inc." <reports@example.org>'
        )
    return Mailbox(name, address_of(address))
