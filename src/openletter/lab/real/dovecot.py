"""dovecot 2.3: one instance a configuration, each with its own `base_dir`."""

import pwd
from collections.abc import Iterator, Sequence

from openletter.lab.real.configuration import IMAP, IMAPS, POP3, POP3S, Configuration
from openletter.lab.real.daemon import Daemon
from openletter.lab.real.room import Room, owned_folder

OPENSSL = """\
openssl_conf = start
[start]
ssl_conf = sections
[sections]
system_default = system_defaults
[system_defaults]
{lines}
"""


def start(rooms: Sequence[tuple[Configuration, Room]]) -> Iterator[Daemon]:
    """Starts one dovecot a configuration; each listens on its configuration's ports only."""
    for configuration, room in rooms:
        yield _start_one(configuration, room)


def _start_one(configuration: Configuration, room: Room) -> Daemon:
    path = room.folder / "dovecot.conf"
    path.write_text(_settings(configuration, room))
    environment = {}
    if configuration.openssl:
        openssl = room.folder / "openssl.cnf"
        openssl.write_text(OPENSSL.format(lines="\n".join(configuration.openssl)))
        environment["OPENSSL_CONF"] = str(openssl)
    return Daemon(configuration.name, ["dovecot", "-F", "-c", path], room.folder / "dovecot.log", environment)


def _settings(configuration: Configuration, room: Room) -> str:
    mail = pwd.getpwnam("mail")
    home = owned_folder(room.folder / "home", mail)
    passwords = room.write_secret(
        "passwords", f"{room.account.user}:{room.account.password}\n", pwd.getpwnam("dovecot").pw_uid
    )
    lines = [
        f"base_dir = {room.folder}/run",
        f"state_dir = {room.folder}/state",
        f"log_path = {room.folder}/dovecot.log",
        f"instance_name = {configuration.name}",
        f"listen = {configuration.address}",
        "protocols = imap pop3",
        f"mail_location = maildir:{home}/Maildir",
        "first_valid_uid = 1",
        "import_environment = TZ OPENSSL_CONF",
        # Failed logins cost 2 s, and more with each one from an address, unless both are off.
        "auth_failure_delay = 0",
        "service anvil {\n  unix_listener anvil-auth-penalty {\n    mode = 0\n  }\n}",
        f"passdb {{\n  driver = passwd-file\n  args = scheme=PLAIN {passwords}\n}}",
        f"userdb {{\n  driver = static\n  args = uid={mail.pw_uid} gid={mail.pw_gid} home={home}\n}}",
        _login_service("imap", configuration.ports, IMAP, IMAPS),
        _login_service("pop3", configuration.ports, POP3, POP3S),
        *configuration.settings,
    ]
    if room.files is not None:
        lines += [f"ssl_cert = <{room.files.certificate}", f"ssl_key = <{room.files.key}"]
    return "\n".join(lines) + "\n"


def _login_service(protocol: str, ports: tuple[int, ...], cleartext: int, implicit: int) -> str:
    # Port 0 closes a listener. chroot is off because OpenSSL reads its configuration from inside it.
    return f"""\
service {protocol}-login {{
  chroot =
  service_count = 0
  inet_listener {protocol} {{
    port = {cleartext if cleartext in ports else 0}
  }}
  inet_listener {protocol}s {{
    port = {implicit if implicit in ports else 0}
    ssl = yes
  }}
}}"""
