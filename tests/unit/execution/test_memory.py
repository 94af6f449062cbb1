from __future__ import annotations

import errno
import json
import subprocess
import sys
from typing import cast

import pytest

from rewardsmith.execution import memory


def child(*arguments: str) -> dict[str, float | list[float]]:
    command = [sys.executable, "-m", "tests.children.keeps_memory", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


@pytest.mark.slow
def test_a_process_that_keeps_what_it_frees_computes_the_same_and_clears_no_page_twice():
    """128 MB that were freed and are taken again, ten times: 320,000 pages of 4 kB, or
    640 huge ones, where each round clears them anew."""
    plain, keeping = child(), child("keep")
    # 10 * 4e6 * (1 + 2 + ... + 8) and * (2 + ... + 9)
    assert keeping["sums"] == plain["sums"] == [1.44e9, 1.44e9, 1.44e9, 1.76e9]
    # one block of 16 MB may be taken from it meanwhile
    assert cast(float, keeping["faults"]) < max(64, cast(float, plain["faults"]) / 20)
    assert cast(float, keeping["grown_mb"]) < 2 * 128 + 64  # two threads more, and what is padded


CRAMPED = """
import resource
from rewardsmith.execution.memory import started_thread
thread = started_thread()
print(thread.submit(max, 3, 4).result())
pages = int(open("/proc/self/statm").read().split()[0])
limit = pages * resource.getpagesize() + (100 << 20)
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
print(started_thread())
"""


def test_a_thread_is_started_where_there_is_memory_for_it():
    done = subprocess.run([sys.executable, "-c", CRAMPED], capture_output=True, text=True, timeout=60)
    assert (done.stdout.split(), done.stderr) == (["4", "None"], "")


@pytest.mark.parametrize(
    ("error", "shortage"),
    [
        (MemoryError(), True),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), True),
        (ValueError("thread constructor failed: Resource temporarily unavailable"), True),
        (RuntimeError("can't start new thread"), True),
        (OSError(errno.ENOSPC, "No space left on device"), False),
        (RuntimeError("shape mismatch"), False),
    ],
)
def test_what_is_taken_for_a_shortage(error: Exception, shortage: bool):
    assert memory.is_shortage(error) == shortage


def test_elsewhere_nothing_happens(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(memory.sys, "platform", "darwin")
    monkeypatch.setattr(memory.ctypes, "CDLL", None)  # it is not even asked for
    memory.keep_freed_memory()
