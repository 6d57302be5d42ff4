"""courier-imap and courier-pop: one `couriertcpd` a port, one `authdaemond` for all.

courier's authentication library has its paths compiled in; `fixed_paths` makes them folders of the run.
"""

import pwd
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from openletter.lab.real.configuration import IMPLICIT_PORTS, Configuration, Server, protocol_of
from openletter.lab.real.daemon import Daemon
from openletter.lab.real.fixed_paths import inside
from openletter.lab.real.room import Room, crypted, owned_folder, write_secret

AUTHDAEMONRC = """\
authmodulelist="authuserdb"
authmodulelistorig="authuserdb"
daemons=8
authdaemonvar=/run/courier/authdaemon
DEBUG_LOGIN=0
DEFAULTOPTIONS=""
LOGGEROPTS=""
"""

DEFAULTS = {
    "IMAP_CAPABILITY": "IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT SORT QUOTA IDLE",
    "IMAP_CAPABILITY_TLS": "IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT SORT QUOTA IDLE AUTH=PLAIN",
    "IMAP_STARTTLS": "NO",
    "POP3_STARTTLS": "NO",
    "MAILDIRPATH": "Maildir",
    "TLS_VERIFYPEER": "NONE",
}
"""After Debian's /etc/courier/imapd and pop3d."""

INSIDE_TLS = {
    "IMAP_TLS": "1",
    "IMAP_STARTTLS": "NO",
    "POP3_TLS": "1",
    "POP3_STARTTLS": "NO",
    "POP3_TLS_REQUIRED": "0",
}
"""What Debian's imapd-ssl and pop3d-ssl set for 993 and 995; with `POP3_TLS_REQUIRED` there 995 lets nobody in."""

AUTHDAEMON_SECONDS = 20.0


def start(rooms: Sequence[tuple[Configuration, Room]]) -> Iterator[Daemon]:
    """Starts authdaemond, waits for its socket, then one listener for each port."""
    shared = rooms[0][1].shared
    yield _authdaemond(rooms[0][1])
    socket = shared / "run/authdaemon/socket"
    deadline = time.monotonic() + AUTHDAEMON_SECONDS
    while not socket.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    for configuration, room in rooms:
        for port in configuration.ports:
            yield _listener(configuration, port, room)


def _authdaemond(room: Room) -> Daemon:
    settings, run = folders(room.shared)
    courier = pwd.getpwnam("courier")
    for folder in (settings, run, run / "authdaemon"):
        owned_folder(folder, courier)
    (settings / "authdaemonrc").write_text(AUTHDAEMONRC)
    mail = pwd.getpwnam("mail")
    home = owned_folder(room.shared / "home", mail)
    maildir = home / "Maildir"
    for folder in (maildir, maildir / "cur", maildir / "new", maildir / "tmp"):
        owned_folder(folder, mail)
    password = room.account.password
    fields = [
        f"uid={mail.pw_uid}",
        f"gid={mail.pw_gid}",
        f"home={home}",
        "shell=/bin/sh",
        f"mail={maildir}",
        f"systempw={crypted(password)}",
    ]
    write_secret(settings / "userdb", f"{room.account.user}\t{'|'.join(fields)}\n", 0)
    log = room.shared / "authdaemond.log"
    subprocess.run(
        _inside(room, "/usr/sbin/makeuserdb"), check=True, stdin=subprocess.DEVNULL, capture_output=True
    )
    return Daemon(
        Server.COURIER.value,
        _inside(room, "/usr/lib/courier/courier-authlib/authdaemond"),
        log,
        {"LOGNAME": "root"},
    )


def _listener(configuration: Configuration, port: int, room: Room) -> Daemon:
    leaf = "courier-imap" if protocol_of(port) == "imap" else "courier-pop"
    programs = room.packages / leaf / "usr"
    if protocol_of(port) == "imap":
        login: list[str | Path] = [
            programs / "lib/courier/courier/imaplogin",
            programs / "bin/imapd",
            "Maildir",
        ]
    else:
        courier = programs / "lib/courier/courier"
        login = [courier / "courierpop3login", courier / "courierpop3d", "Maildir"]
    environment = dict(DEFAULTS)
    if room.files is not None:
        environment |= {"COURIERTLS": "/usr/bin/couriertls", "TLS_CERTFILE": str(room.files.both)}
    environment |= dict(line.split("=", 1) for line in configuration.settings)
    tls: list[str | Path] = []
    if port in IMPLICIT_PORTS:
        environment |= INSIDE_TLS
        tls = ["/usr/bin/couriertls", "-server", "-tcpd", "-user=courier"]
    command: list[str | Path] = [
        "/usr/sbin/couriertcpd",
        f"-address={configuration.address}",
        # Above what the truth's own threads and a prober open at once; beyond it courier closes without a word.
        "-maxprocs=200",
        "-maxperip=200",
        "-nodnslookup",
        "-noidentlookup",
        str(port),
        *tls,
        *login,
    ]
    return Daemon(
        configuration.name, _inside(room, *command), room.folder / f"courier-{port}.log", environment
    )


def folders(shared: Path) -> tuple[Path, Path]:
    """What stands in for /etc/courier and for /run/courier, in the folder that all couriers of a run share."""
    return shared / "etc", shared / "run"


def _inside(room: Room, *command: str | Path) -> list[str | Path]:
    return inside(*folders(room.shared), command)
