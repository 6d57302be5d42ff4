"""Work that is shared out comes back whole, in order, or as one clear error.

What a user loses when these fail: a file of verdicts, or a terminal full of tracebacks at Ctrl-C.
"""

import os
import signal
import subprocess
import sys
import time
from operator import neg

import pytest

from openletter.store.error import DamagedStoreError, StoreError
from openletter.store.files import read_table
from openletter.store.workforce import spread

# The work is of modules that any process can import, which those of the tests are not.


@pytest.mark.parametrize("processes", [1, 2])
def test_results_come_in_the_order_of_the_work(processes):
    told = []
    found = spread(neg, range(7), processes=processes, watch=lambda done, of: told.append((done, of)))
    assert found == [0, -1, -2, -3, -4, -5, -6]
    assert (told[0], told[-1]) == ((0, 7), (7, 7))
    assert told == sorted(told)


@pytest.mark.parametrize("processes", [1, 2])
def test_an_error_of_the_work_is_the_error(tmp_path, processes):
    with pytest.raises(DamagedStoreError, match=r"\d\.parquet.* is gone"):
        spread(read_table, [tmp_path / f"{n}.parquet" for n in range(3)], processes=processes)


def test_a_killed_worker_is_noticed():
    with pytest.raises(StoreError, match="worker process was killed"):
        spread(signal.raise_signal, [signal.SIGKILL] * 2, processes=2)


CTRL_C = """
import time
from openletter.store.workforce import spread
if __name__ == "__main__":
    print("begun", flush=True)
    try:
        spread(time.sleep, [0.2] * 200, processes=2)
    except KeyboardInterrupt:
        print("stopped", flush=True)
"""


@pytest.mark.parametrize("after", [0.05, 1.5])
def test_ctrl_c_is_heard_by_the_parent_alone(tmp_path, after):
    """Workers that are just starting up say nothing either."""
    script = tmp_path / "script.py"
    script.write_text(CTRL_C)
    process = subprocess.Popen(
        [sys.executable, script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout.readline() == "begun\n"
        time.sleep(after)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    assert (out, err) == ("stopped\n", "")
