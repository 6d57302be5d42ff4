"""The message itself: headers, a text and an HTML body, and what hangs on it (RFC 5322, RFC 2045 to 2049, RFC 2183).

Octets above 127 are encoded everywhere, so that any server takes it as it is. No header can be made to hold a second one: what
is written into them is one printable line, and what is not raises ValueError.
"""

import re
import secrets
from collections.abc import Sequence
from datetime import date, datetime
from email.header import Header
from email.headerregistry import Address, HeaderRegistry, UniqueAddressHeader, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy, Policy
from textwrap import wrap
from urllib.parse import quote

import msgspec

from openletter.report.mail.letter import Letter, Link, words_of
from openletter.report.mail.mailbox import Mailbox, header_text

_TOKEN = re.compile(r"[\x21-\x7e]{1,900}(?: [\x21-\x7e]{1,900})*")


class _Verbatim(UnstructuredHeader):
    """A header of identifiers or addresses, which must not be put into encoded words however long they are (RFC 2047 §5): one
    for each line."""

    def fold(self, *, policy: Policy) -> str:
        name = self.name  # type: ignore[attr-defined]
        words = str(self).split(" ")
        return f"{name}: {(policy.linesep + ' ').join(words)}{policy.linesep}"


class _Author(UniqueAddressHeader):
    """A header of one mailbox. The library takes the quotes off a name that it must break, and every comma of it then begins
    another mailbox."""

    def fold(self, *, policy: Policy) -> str:
        (mailbox,) = self.addresses
        said = str(mailbox)
        if not said.isascii():
            said = f"{Header(mailbox.display_name, 'utf-8').encode()} <{mailbox.addr_spec}>"
        lines = wrap(
            f"{self.name}: {said}",  # type: ignore[attr-defined]
            policy.max_line_length or 998,
            subsequent_indent=" ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        return policy.linesep.join(lines) + policy.linesep


def _policy() -> "EmailPolicy[EmailMessage]":
    registry = HeaderRegistry()
    for name in ("message-id", "in-reply-to", "references", "list-unsubscribe"):
        registry.map_to_type(name, _Verbatim)  # type: ignore[arg-type]
    for name in ("from", "reply-to"):
        registry.map_to_type(name, _Author)  # type: ignore[arg-type]
    return SMTP.clone(cte_type="7bit", header_factory=registry)


POLICY = _policy()


class Thread(msgspec.Struct, frozen=True, kw_only=True):
    """What was sent to the same subscriber before: message ids with their angle brackets, the oldest first."""

    messages: tuple[str, ...] = ()

    @property
    def references(self) -> tuple[str, ...]:
        """The first, which holds the thread together, and the latest."""
        return self.messages if len(self.messages) < 3 else (self.messages[0], self.messages[-1])


NO_THREAD = Thread()


class Unsubscribing(msgspec.Struct, frozen=True, kw_only=True):
    """How to get no more of it (RFC 2369 §3.2, RFC 8058)."""

    mail: str
    """Where a person reads it."""
    subject: str
    page: str = ""
    """``https://…``; empty where there is none."""
    one_click: bool = False
    """Whether a POST to the page is enough, without a question."""

    def header(self) -> str:
        mail = f"<mailto:{quote(self.mail, safe='@+')}?subject={quote(header_text(self.subject))}>"
        return f"<{self.page}>, {mail}" if self.page else mail


def message_id(day: date, domain: str) -> str:
    """By chance, so that it is never given twice."""
    return f"<{day:%Y%m%d}.{secrets.token_hex(12)}@{domain}>"


def make_message(
    letter: Letter,
    recipients: Sequence[str],
    *,
    number: str,
    now: datetime,
    reply_to: Mailbox | None = None,
    thread: Thread = NO_THREAD,
    unsubscribing: Unsubscribing,
    link: Link = lambda *_: "",
) -> EmailMessage:
    """``number`` is its Message-ID, ``recipients`` are mail addresses, ``now`` has a time zone."""
    words = words_of(letter, link)
    message = EmailMessage(policy=POLICY)
    message["Date"] = now
    message["Message-ID"] = _token(number)
    message["From"] = letter.sender.header()
    if reply_to is not None:
        message["Reply-To"] = reply_to.header()
    message["To"] = [Address(addr_spec=one) for one in recipients]
    message["Subject"] = header_text(words.subject)
    if thread.messages:
        message["In-Reply-To"] = _token(thread.messages[-1])
        message["References"] = _token(" ".join(thread.references))
    # RFC 3834 §5: no out-of-office note answers it. Precedence is in no standard, and is left out.
    message["Auto-Submitted"] = "auto-generated"
    message["List-Unsubscribe"] = _token(unsubscribing.header())
    if unsubscribing.one_click and unsubscribing.page.startswith("https://"):
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(words.text, cte="quoted-printable")
    message.add_alternative(words.html, subtype="html", cte="quoted-printable")
    language = letter.subscriber.language.value
    for part in (message, *message.iter_parts()):
        part["Content-Language"] = language
    message.make_mixed()
    for file in letter.attached.files:
        kind, subtype = file.type
        parameters = {"charset": "utf-8"} if kind == "text" else None
        message.add_attachment(
            file.octets, maintype=kind, subtype=subtype, filename=file.name, cte="base64", params=parameters
        )
    return message


def octets_of(message: EmailMessage) -> bytes:
    """As it goes over the wire, with CR LF at each line's end."""
    return message.as_bytes(policy=POLICY)


def _token(text: str) -> str:
    if not _TOKEN.fullmatch(text):
        raise ValueError(f"{header_text(text)} cannot stand in a header")
    return text
