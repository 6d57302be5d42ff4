"""GNU mailutils: one `imap4d` and one `pop3d` a configuration, each for its two ports."""

import pwd
from collections.abc import Iterator, Sequence
from pathlib import Path

from openletter.lab.real.configuration import IMPLICIT_PORTS, Configuration, protocol_of
from openletter.lab.real.daemon import Daemon
from openletter.lab.real.room import Room, crypted, owned_folder

CLEARTEXT_MODE, IMPLICIT_MODE = "tls-mode ", "implicit tls-mode "
"""How a configuration's settings begin that go into the `server` blocks of 110 and 143, or of 993 and 995."""
PROGRAMS = {"imap": "/usr/sbin/imap4d", "pop3": "/usr/sbin/pop3d"}


def start(rooms: Sequence[tuple[Configuration, Room]]) -> Iterator[Daemon]:
    """Starts one or two processes a configuration; each listens on its protocol's ports only."""
    for configuration, room in rooms:
        for protocol, program in PROGRAMS.items():
            ports = tuple(port for port in configuration.ports if protocol_of(port) == protocol)
            if ports:
                settings = room.folder / f"{protocol}.conf"
                settings.write_text(_settings(configuration, ports, room))
                yield Daemon(
                    configuration.name,
                    [program, "--no-config", f"--config-file={settings}"],
                    room.folder / f"mailutils-{protocol}.log",
                )


def _settings(configuration: Configuration, ports: Sequence[int], room: Room) -> str:
    before = room.folder / "preauth"
    before.write_text(f"#!/bin/sh\necho {room.account.user}\n")
    before.chmod(0o755)
    lines = [
        "mode daemon;",
        "foreground yes;",
        "logging { syslog no; };",
        "tcp-wrappers { enable no; };",
        f"virtdomain {{ passwd-dir {_password_folder(room)}; }};",
        "auth { authentication clear; authentication generic:virtdomain;",
        "       authorization clear; authorization virtdomain; };",
        f'mailbox {{ mailbox-pattern "maildir:{room.folder}/home/INBOX"; }};',
        *(
            line.replace("{preauth}", str(before))
            for line in configuration.settings
            if not line.startswith((CLEARTEXT_MODE, IMPLICIT_MODE))
        ),
        *(_server(configuration, port, room) for port in ports),
    ]
    return "\n".join(lines) + "\n"


def _server(configuration: Configuration, port: int, room: Room) -> str:
    prefix, mode = (IMPLICIT_MODE, "connection") if port in IMPLICIT_PORTS else (CLEARTEXT_MODE, "no")
    for line in configuration.settings:
        if line.startswith(prefix):
            mode = line.removeprefix(prefix)
    tls = ""
    if room.files is not None:
        tls = f"  tls {{ ssl-certificate-file {room.files.certificate}; ssl-key-file {room.files.key}; }};\n"
    return f"server {configuration.address}:{port} {{\n  tls-mode {mode};\n{tls}}};"


def _password_folder(room: Room) -> Path:
    """A passwd(5) file per domain: no user of the machine is needed."""
    folder = room.folder / "domains"
    if not folder.exists():
        mail = pwd.getpwnam("mail")
        home = owned_folder(room.folder / "home", mail)
        user, _, domain = room.account.user.partition("@")
        folder.mkdir(mode=0o700)
        entry = f"{user}:{crypted(room.account.password)}:{mail.pw_uid}:{mail.pw_gid}::{home}:/bin/false\n"
        (folder / domain).write_text(entry)
    return folder
