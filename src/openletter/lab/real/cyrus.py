"""cyrus imapd: one `master` a configuration, with folders of its own."""

import os
import pwd
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from openletter.lab.real.configuration import IMPLICIT_PORTS, Configuration, protocol_of
from openletter.lab.real.daemon import Daemon
from openletter.lab.real.room import Room, owned_folder

MASTER = "/usr/lib/cyrus/bin/master"
TOOLS = "/usr/lib/cyrus/bin"


def start(rooms: Sequence[tuple[Configuration, Room]]) -> Iterator[Daemon]:
    """Starts one cyrus a configuration; each listens on its configuration's ports only."""
    for configuration, room in rooms:
        yield _start_one(configuration, room)


def _start_one(configuration: Configuration, room: Room) -> Daemon:
    cyrus = pwd.getpwnam("cyrus")
    owned_folder(room.folder, cyrus)
    state = room.folder / "state"
    for folder in (
        state,
        *(state / name for name in ("db", "proc", "lock", "log", "msg", "quota", "socket")),
    ):
        owned_folder(folder, cyrus)
    owned_folder(room.folder / "spool", cyrus)
    settings, services = room.folder / "imapd.conf", room.folder / "cyrus.conf"
    settings.write_text(_settings(configuration, room, _password_file(room, cyrus)))
    services.write_text(_services(configuration, settings, room))
    return Daemon(
        configuration.name,
        [MASTER, "-C", settings, "-M", services, "-p", state / "master.pid"],
        room.folder / "cyrus.log",
    )


def _password_file(room: Room, cyrus: pwd.struct_passwd) -> Path:
    path = room.folder / "sasldb2"
    user, _, realm = room.account.user.partition("@")
    subprocess.run(
        ["saslpasswd2", "-p", "-c", "-f", str(path), "-u", realm, user],
        input=room.account.password.encode(),
        check=True,
        capture_output=True,
    )
    path.chmod(0o600)
    os.chown(path, cyrus.pw_uid, cyrus.pw_gid)
    return path


def _settings(configuration: Configuration, room: Room, passwords: Path) -> str:
    state = room.folder / "state"
    lines = [
        f"configdirectory: {state}",
        f"proc_path: {state}/proc",
        f"mboxname_lockpath: {state}/lock",
        "defaultpartition: default",
        f"partition-default: {room.folder}/spool",
        f"servername: {configuration.host}",
        "virtdomains: userid",
        # Any other than the account's: the default domain is cut off before the password is looked up.
        f"defaultdomain: {configuration.host}",
        # POP3 lets nobody in who has no INBOX.
        "autocreate_quota: 0",
        "sasl_pwcheck_method: auxprop",
        "sasl_auxprop_plugin: sasldb",
        f"sasl_sasldb_path: {passwords}",
        *configuration.settings,
    ]
    if room.files is not None:
        lines += [f"tls_server_cert: {room.files.certificate}", f"tls_server_key: {room.files.key}"]
    return "\n".join(lines) + "\n"


def _services(configuration: Configuration, settings: Path, room: Room) -> str:
    lines = []
    for port in configuration.ports:
        implicit = port in IMPLICIT_PORTS
        program = "imapd" if protocol_of(port) == "imap" else "pop3d"
        binary = room.packages / f"cyrus-{program}" / "usr/lib/cyrus/bin" / program
        command = f"{binary} -C {settings}{' -s' if implicit else ''}"
        lines.append(f'  port{port} cmd="{command}" listen="{configuration.address}:{port}" prefork=0')
    recover = f'  recover cmd="{TOOLS}/ctl_cyrusdb -C {settings} -r"'
    return "\n".join(["START {", recover, "}", "SERVICES {", *lines, "}", "EVENTS {", "}", ""])
