"""The machine's own /etc/courier and /run/courier are the administrator's: the lab gives them back as they were."""

import socket
from pathlib import Path

import pytest

from openletter.lab.real import fixed_paths
from openletter.lab.real.fixed_paths import InUseError, give_back, in_place, inside


@pytest.fixture
def ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run's folder, on a machine without namespaces which has an /etc/courier and no /run/courier."""
    monkeypatch.setattr(fixed_paths, "namespaces_allowed", lambda: False)
    monkeypatch.setattr(fixed_paths, "SETTINGS", tmp_path / "machine-etc")
    monkeypatch.setattr(fixed_paths, "RUN", tmp_path / "machine-run")
    monkeypatch.setattr(fixed_paths, "SOCKET", tmp_path / "machine-run/socket")
    fixed_paths.SETTINGS.mkdir()
    (fixed_paths.SETTINGS / "imapd").write_text("the administrator's")
    run = tmp_path / "openletter-lab-x/courier"
    (run / "etc").mkdir(parents=True)
    (run / "run").mkdir()
    return run


def as_before() -> bool:
    kept = fixed_paths.SETTINGS / "imapd"
    return (
        not fixed_paths.SETTINGS.is_symlink()
        and kept.read_text() == "the administrator's"
        and not fixed_paths.RUN.is_symlink()
        and not fixed_paths.RUN.exists()
    )


def test_the_folders_are_the_runs_while_it_lasts_and_as_before_afterwards(ours: Path) -> None:
    with in_place(ours / "etc", ours / "run"):
        assert fixed_paths.SETTINGS.resolve() == ours / "etc"
        assert fixed_paths.RUN.resolve() == ours / "run"
        assert not (fixed_paths.SETTINGS / "imapd").exists()
    assert as_before()


def test_after_a_crash_the_next_run_puts_them_back(ours: Path) -> None:
    killed = in_place(ours / "etc", ours / "run")
    killed.__enter__()
    other = ours.parent.with_name("openletter-lab-y") / "courier"
    with in_place(other / "etc", other / "run"):
        assert fixed_paths.SETTINGS.readlink() == other / "etc"
    assert as_before()


def test_the_keeper_of_one_run_leaves_the_links_of_another_alone(ours: Path) -> None:
    with in_place(ours / "etc", ours / "run"):
        give_back("openletter-lab-y")
        assert fixed_paths.SETTINGS.resolve() == ours / "etc"
        give_back("openletter-lab-x")
        assert as_before()


def test_a_courier_that_runs_is_not_robbed_of_its_folders(ours: Path) -> None:
    fixed_paths.RUN.mkdir()
    with socket.socket(socket.AF_UNIX) as authdaemon:
        authdaemon.bind(str(fixed_paths.SOCKET))
        authdaemon.listen()
        with (
            pytest.raises(InUseError, match="another courier is running"),
            in_place(ours / "etc", ours / "run"),
        ):
            pass
    assert not fixed_paths.SETTINGS.is_symlink()


def test_a_link_of_the_administrators_own_is_kept_as_a_link(ours: Path, tmp_path: Path) -> None:
    fixed_paths.SETTINGS.rename(tmp_path / "elsewhere")
    fixed_paths.SETTINGS.symlink_to(tmp_path / "elsewhere")
    with in_place(ours / "etc", ours / "run"):
        assert fixed_paths.SETTINGS.resolve() == ours / "etc"
    assert fixed_paths.SETTINGS.readlink() == tmp_path / "elsewhere"


def test_with_namespaces_the_machines_folders_are_never_touched(
    ours: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fixed_paths, "namespaces_allowed", lambda: True)
    with in_place(ours / "etc", ours / "run"):
        assert as_before()
    assert inside(ours / "etc", ours / "run", ["true"])[:2] == ["unshare", "--mount"]
