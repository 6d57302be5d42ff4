"""Memory of a process and all below it."""

from pathlib import Path


def family(of: int) -> list[int]:
    """A process and all below it."""
    found = [of]
    for pid in found:
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            try:
                found += map(int, task.read_text().split())
            except OSError:
                continue
    return found


def _pss(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1_024
    except OSError:
        pass
    return 0


def family_pss(of: int) -> int:
    """Sum of proportional shares (PSS) in octets: what the family has in memory, shared pages counted once."""
    return sum(map(_pss, family(of)))
