"""Where one configuration runs: a fresh folder, its certificate's files, and the account that may log in."""

import os
import pwd
import secrets
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from openletter.lab.real.certificates import CertificateFiles


@dataclass(frozen=True, slots=True)
class Account:
    """The lab's own test account; the password is made anew for each run and is shown nowhere."""

    user: str = "letter@openletter.test"
    password: str = field(default_factory=lambda: secrets.token_urlsafe(18), repr=False)


@dataclass(frozen=True, slots=True)
class Room:
    folder: Path
    files: CertificateFiles | None
    account: Account
    packages: Path
    """Folder of the unpacked packages."""
    shared: Path
    """Folder that all configurations of one server have in common."""

    def write_secret(self, name: str, text: str, owner: int) -> Path:
        """A file that only this uid (and root) can read."""
        return write_secret(self.folder / name, text, owner)


def write_secret(path: Path, text: str, owner: int) -> Path:
    path.touch(mode=0o600)
    path.write_text(text)
    os.chown(path, owner, -1)
    return path


def owned_folder(path: Path, owner: pwd.struct_passwd) -> Path:
    """Makes a folder that belongs to this user and its group, and that others may enter."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o755)
    os.chown(path, owner.pw_uid, owner.pw_gid)
    return path


def crypted(password: str) -> str:
    """crypt(5) with SHA-512. The password goes through a pipe: a command line is for all to read."""
    done = subprocess.run(
        ["openssl", "passwd", "-6", "-stdin"],
        input=password + "\n",
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()
