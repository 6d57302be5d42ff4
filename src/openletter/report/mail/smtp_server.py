"""Which server takes the mail, who we are to it, and whom it may be by its certificate."""

import os
import ssl
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from stat import S_IMODE
from urllib.parse import unquote, urlsplit

import certifi
import msgspec

from openletter.report.mail.error import MailSettingError
from openletter.scope.error import shown
from openletter.subscriber.subscriber import SubscriberError, domain

PASSWORD_VARIABLE = "OPENLETTER_SMTP_PASSWORD"  # noqa: S105 - the name of it
_MAX_PASSWORD = 1_000


class Way(StrEnum):
    """How TLS begins; there is no way without it."""

    IMPLICIT = "smtps"
    """TLS from the first octet (RFC 8314 §3.3)."""
    STARTTLS = "smtp+starttls"


_PORTS = {Way.IMPLICIT: 465, Way.STARTTLS: 587}
_EXAMPLE = "smtps://user@mail.example.org or smtp+starttls://user@mail.example.org"


class SmtpServer(msgspec.Struct, frozen=True, kw_only=True):
    way: Way
    host: str
    """A name of A-labels, or an address."""
    port: int
    user: str = ""
    """Empty: nobody logs in."""

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def read_server(url: str) -> SmtpServer:
    """``smtps://user@host:465`` or ``smtp+starttls://user@host:587``. Raises MailSettingError, which never shows a password."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise MailSettingError(f"the mail server cannot be read; write it as {_EXAMPLE}") from None
    if parts.password is not None:
        raise MailSettingError(
            f"the mail server's address holds a password; put it into {PASSWORD_VARIABLE} or a file instead"
        )
    if parts.scheme not in list(Way):
        said = (
            f"{parts.scheme}: is no way to a mail server" if parts.scheme else "the mail server has no scheme"
        )
        if parts.scheme == "smtp":
            said = "smtp: would let mail cross without TLS"
        raise MailSettingError(f"{said}; write it as {_EXAMPLE}")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise MailSettingError(f"{shown(url)} has something behind the server; write it as {_EXAMPLE}")
    way = Way(parts.scheme)
    user = unquote(parts.username or "")
    if not user.isprintable():
        raise MailSettingError(f"{shown(user)} is no name of a user")
    if port == 0:
        raise MailSettingError(f"{shown(url)}: a port is 1 to 65535")
    return SmtpServer(way=way, host=_host(parts.hostname or "", url), port=port or _PORTS[way], user=user)


def _host(text: str, url: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        pass
    try:
        return domain(text)
    except SubscriberError:
        if text == "localhost":
            return text
        raise MailSettingError(f"{shown(url)} names no server; write it as {_EXAMPLE}") from None


def read_password(file: Path | None) -> str | None:
    """From a file that its owner alone can read, else from the environment; none where neither is given.

    Raises MailSettingError, which never shows it.
    """
    if file is None:
        given = os.environ.get(PASSWORD_VARIABLE)
        return _checked(given, PASSWORD_VARIABLE) if given else None
    try:
        mode = S_IMODE(file.stat().st_mode)
        if mode & 0o077:
            raise MailSettingError(
                f"{file}: others can read the password (mode {mode:03o}); chmod 600 {file}"
            )
        text = file.read_text("utf-8")
    except OSError as error:
        raise MailSettingError(f"{file}: {error.strerror or 'cannot be read'}") from None
    except UnicodeDecodeError:
        raise MailSettingError(f"{file}: is no text") from None
    return _checked(text.removesuffix("\n").removesuffix("\r"), str(file))


def _checked(password: str, where: str) -> str:
    if not password or len(password) > _MAX_PASSWORD or any(c in password for c in "\0\r\n"):
        raise MailSettingError(f"{where}: a password is one line of 1 to {_MAX_PASSWORD} characters")
    return password


def context_of(roots: Path | None) -> ssl.SSLContext:
    """Mozilla's roots and those of a file; name and chain are verified, and TLS is 1.2 or newer. Raises MailSettingError."""
    context = ssl.create_default_context(cafile=certifi.where())
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if roots is not None:
        try:
            context.load_verify_locations(cafile=roots)
        except (OSError, ssl.SSLError) as error:
            raise MailSettingError(
                f"{roots}: holds no certificates in PEM ({type(error).__name__})"
            ) from None
    return context
