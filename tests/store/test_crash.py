"""A store survives whatever ends the process that writes it: it opens, is whole, has all that was acknowledged, and what was
left undone can be taken up and comes out as if nothing had happened.

What a user loses when these fail: a survey of the whole Internet, to a power cut.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("killing.py")


def killing(folder, *words, codes=(0,)):
    done = subprocess.run(
        [sys.executable, str(PROGRAM), str(folder), *map(str, words)],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode in codes, done.stdout + done.stderr
    return done


@pytest.mark.slow
def test_killed_before_and_after_anything_that_is_done_to_a_file(tmp_path):
    """Surveying, compaction, judging, the merge of the state, pruning: each call that changes the disk counts."""
    assert int(killing(tmp_path, "points", 67).stdout) > 10


def test_killed_at_random_moments_until_it_is_done(tmp_path):
    assert int(killing(tmp_path, "moments", 3).stdout) > 0


def test_no_file_can_grow(tmp_path):
    killing(tmp_path, "sizes", 2_000, 9_000, 20_000, 33_000, 60_000)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a disk that fills")
def test_a_disk_that_fills(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=100k", "none", disk], check=False)
    if mounted.returncode:
        pytest.skip("this system lets nobody mount a file system")
    try:
        sizes = (100, 200, 300, 4_000)
        for size in sizes:
            subprocess.run(["mount", "-o", f"remount,size={size}k", disk], check=True)
            # It says that the disk is full, or it is done; and what was acknowledged is there.
            done = killing(disk, "full", codes=(0,) if size == sizes[-1] else (0, 75))
            if size == sizes[0]:
                assert done.returncode == 75
    finally:
        subprocess.run(["umount", disk], check=True)
