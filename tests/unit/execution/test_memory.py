from __future__ import annotations

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


def test_a_process_that_keeps_what_it_frees_computes_the_same_and_clears_no_page_twice():
    """128 MB that were freed and are taken again, ten times: 320,000 pages of 4 kB, or 640 huge ones, where each round clears them anew."""
    plain, keeping = child(), child("keep")
    assert keeping["sums"] == plain["sums"] == [1.44e9, 1.44e9, 1.44e9, 1.76e9]  # 10 * 4e6 * (1 + 2 + ... + 8) and * (2 + ... + 9)
    assert cast(float, keeping["faults"]) < 64
    assert cast(float, keeping["grown_mb"]) < 2 * 128 + 64  # two threads more, and what is padded


def test_elsewhere_nothing_happens(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(memory.sys, "platform", "darwin")
    monkeypatch.setattr(memory.ctypes, "CDLL", None)  # it is not even asked for
    memory.keep_freed_memory()
