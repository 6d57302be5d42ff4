"""Installing must not harm the machine: no daemon started, no policy lost, nothing unpacked where it cannot run."""

import contextlib
from pathlib import Path

import pytest

from openletter.lab.real import packages
from openletter.lab.real.packages import Installer, InstallError, closed_to_others, default_folder


def test_a_cache_that_other_users_cannot_enter_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Daemons give up root: from a home of mode 700 they could not even start their own programs."""
    tmp_path.chmod(0o700)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_folder() == Path("/var/cache/openletter/lab")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert default_folder() == Path("/var/cache/openletter/lab")


def test_a_cache_that_is_open_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/usr/share")
    assert default_folder() == Path("/usr/share/openletter/lab")


def test_the_first_closed_folder_on_the_way_is_named(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    tmp_path.chmod(0o700)
    assert closed_to_others(closed / "not" / "made") in (tmp_path, *tmp_path.parents)
    assert closed_to_others(Path("/usr")) is None


def test_who_is_not_root_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages.Path, "exists", lambda self: True)
    monkeypatch.setattr(packages.shutil, "which", lambda name: "/usr/bin/" + name)
    monkeypatch.setattr(packages.os, "geteuid", lambda: 1000)
    possible, reason = packages.available()
    assert not possible
    assert "root" in reason
    with pytest.raises(InstallError, match="root"):
        Installer().install()


def test_another_system_than_debian_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages.shutil, "which", lambda name: None)
    assert packages.available() == (False, "needs Debian with apt")


@pytest.fixture
def policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(packages, "POLICY", tmp_path / "policy-rc.d")
    monkeypatch.setattr(packages, "KEPT_POLICY", tmp_path / "kept")
    return tmp_path / "policy-rc.d"


def test_no_policy_before_means_none_after(policy: Path) -> None:
    with packages._no_daemon_starts():
        assert policy.read_text().endswith("exit 101\n")
        assert policy.stat().st_mode & 0o111
    assert not policy.exists()


def test_the_policy_of_before_comes_back_also_after_a_failure(policy: Path) -> None:
    """It belongs to the machine's administrator."""
    policy.write_text("#!/bin/sh\nexit 0\n")
    policy.chmod(0o744)
    during = []

    def fail() -> None:
        with packages._no_daemon_starts():
            during.append(policy.read_text())
            raise InstallError("no network")

    with pytest.raises(InstallError):
        fail()
    assert during == [packages.NO_STARTS]
    assert policy.read_text() == "#!/bin/sh\nexit 0\n"
    assert policy.stat().st_mode & 0o777 == 0o744


def test_the_policy_comes_back_also_when_an_earlier_install_was_killed(policy: Path) -> None:
    packages.KEPT_POLICY.write_text("the administrator's")
    policy.write_text(packages.NO_STARTS)
    with packages._no_daemon_starts():
        pass
    assert policy.read_text() == "the administrator's"
    assert not packages.KEPT_POLICY.exists()


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A machine on which all bases are installed; versions can be changed."""
    versions = dict.fromkeys((*packages.BASES, packages.MAIL_AGENT), "1.0")
    monkeypatch.setattr(packages, "_installed_versions", lambda: versions)
    monkeypatch.setattr(packages, "_has_mail_agent", lambda: True)
    return versions


def unpack_all(installer: Installer, version: str) -> None:
    for leaf in packages.LEAVES:
        program = installer.leaves / leaf.name / leaf.program
        program.parent.mkdir(parents=True, exist_ok=True)
        program.touch()
        (installer.leaves / f"{leaf.name}.for-{leaf.base}").write_text(version)


def test_nothing_is_missing_when_all_is_there(tmp_path: Path, installed: dict[str, str]) -> None:
    installer = Installer(tmp_path)
    assert set(installer.missing()) == {leaf.name for leaf in packages.LEAVES}
    unpack_all(installer, "1.0")
    assert installer.missing() == ()


def test_after_an_upgrade_the_unpacked_programs_are_fetched_anew(
    tmp_path: Path, installed: dict[str, str]
) -> None:
    """Else an imapd of yesterday would run with the libraries of today, and crash."""
    installer = Installer(tmp_path)
    unpack_all(installer, "1.0")
    installed["cyrus-common"] = "1.1"
    assert installer.missing() == ("cyrus-imapd", "cyrus-pop3d")


def test_a_mail_agent_is_installed_only_where_there_is_none(
    tmp_path: Path, installed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine's own postfix or exim is not to be replaced."""
    unpack_all(Installer(tmp_path), "1.0")
    del installed[packages.MAIL_AGENT]
    assert Installer(tmp_path).missing() == ()
    monkeypatch.setattr(packages, "_has_mail_agent", lambda: False)
    assert Installer(tmp_path).missing() == (packages.MAIL_AGENT,)


def test_the_servers_run_without_the_scanner_and_set_up_brings_it(
    tmp_path: Path, installed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a machine whose archive has no zmap had no lab, or one that has it never tested it."""
    unpack_all(Installer(tmp_path), "1.0")
    calls: list[tuple[str, ...]] = []
    monkeypatch.setattr(packages, "available", lambda: (True, ""))
    monkeypatch.setattr(packages, "closed_to_others", lambda _: None)
    monkeypatch.setattr(packages, "_no_daemon_starts", contextlib.nullcontext)
    monkeypatch.setattr(packages, "_apt", lambda *words, **_: calls.append(words))
    assert Installer(tmp_path).missing() == ()
    assert Installer(tmp_path).install() == packages.TOOLS
    assert calls[-1][-2:] == packages.TOOLS

    def refuse(*words: str, **_: object) -> None:
        if words[0] == "install":
            raise packages.InstallError("Unable to locate package zmap")

    said: list[str] = []
    monkeypatch.setattr(packages, "_apt", refuse)
    assert Installer(tmp_path, said.append).install() == ()
    assert any("going on without zmap" in line for line in said)
    installed.update(dict.fromkeys(packages.TOOLS, "1.0"))
    assert Installer(tmp_path).install() == ()
