"""Time and peak memory of a command and all its descendants (Linux).

    .venv/bin/python benchmarks/demo_memory.py make demo

Memory is the sum of the proportional set sizes of the whole process tree, polled every quarter of
a second.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path


def descendants(pid: int) -> list[int]:
    """A process and everything it started."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    except OSError:
        return []
    return [pid] + [member for child in children for member in descendants(int(child))]


def memory_kib(pid: int) -> int:
    """Proportional set size; 0 when the process is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def main() -> None:
    """Run the command of the arguments and report."""
    started, peak = time.monotonic(), 0
    process = subprocess.Popen(sys.argv[1:])
    while process.poll() is None:
        peak = max(peak, sum(memory_kib(pid) for pid in descendants(process.pid)))
        time.sleep(0.25)
    print(
        f"exit code {process.returncode}, {time.monotonic() - started:.0f} s, peak memory "
        f"{peak / 2**20:.2f} GiB (wanted: under 2)"
    )
    sys.exit(process.returncode)


if __name__ == "__main__":
    main()
