"""``openletter.toml``: what one would else write on every command line. Flags and the environment win over it.

.. code-block:: toml

    store = "/srv/openletter"
    rate = 500
    exclude = ["never-ask.txt"]
"""

import tomllib
from pathlib import Path

import msgspec

from openletter.scope.error import ScopeError, shown

FILE = "openletter.toml"
"""In the current folder."""


class Settings(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True, omit_defaults=True):
    """The settings that the file may hold, named as the options are. ``None``: not set there."""

    store: str | None = None
    port: list[str] | None = None
    exclude: list[str] | None = None
    rate: float | None = None
    network_rate: float | None = None
    concurrency: int | None = None
    processes: int | None = None
    window: str | None = None
    host_gap: float | None = None
    retries: int | None = None
    retry_after: float | None = None
    source: list[str] | None = None
    vantage: str | None = None
    timeout: float | None = None
    authorisation: str | None = None
    log: str | None = None
    metrics: str | None = None
    roots: str | None = None
    geo: list[str] | None = None
    sectors: str | None = None
    resolver: str | None = None
    fail_on: str | None = None
    smtp: str | None = None
    smtp_roots: str | None = None
    smtp_password_file: str | None = None
    mail_from: str | None = None
    mail_reply_to: str | None = None
    mail_bounce_to: str | None = None
    mail_rate: float | None = None


MAIL = {
    "smtp": "smtp",
    "smtp_roots": "smtp_roots",
    "smtp_password_file": "password_file",
    "mail_from": "from_",
    "mail_reply_to": "reply_to",
    "mail_bounce_to": "bounce_to",
    "mail_rate": "rate",
}
"""Settings of mail, and the parameters of the verbs that send it."""


class SettingsError(ScopeError):
    """The file cannot be used; ``str()`` is one line that names the setting and what would be right."""


def load(folder: Path) -> dict[str, object]:
    """Values by the name of the parameter that they are a default of; none where there is no file.

    Raises SettingsError.
    """
    path = folder / FILE
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{FILE} cannot be read: {error}") from None
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{FILE} is no TOML: {shown(str(error))}") from None
    try:
        settings = msgspec.convert(table, Settings)
    except msgspec.ValidationError as error:
        raise SettingsError(f"{FILE}: {_explained(table, str(error))}") from None
    values: dict[str, object] = msgspec.structs.asdict(settings)
    return {name: value for name, value in values.items() if value is not None}


def _explained(table: dict[str, object], error: str) -> str:
    known = [field.encode_name for field in msgspec.structs.fields(Settings)]
    for name, value in table.items():
        if name not in known:
            return f"{shown(name)} is no setting; the settings are {', '.join(known)}"
        if f"$.{name}" in error:
            return f"{name} = {shown(str(value))}: {error.partition(' - ')[0].replace('`', '').lower()}"
    return error
