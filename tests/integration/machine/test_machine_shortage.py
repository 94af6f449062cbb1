"""Where disk or memory are short, no program is blamed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.machine.bench import Bench


@pytest.mark.slow
def test_without_room_on_the_disk_nobody_is_blamed(bench: Bench):
    """A file in the place of the policy's folder stands for a disk that takes no more."""
    (bench.folder / "a").write_text("", encoding="utf-8")
    found = bench.run("a", executor=bench.executor("population", "heldout"))
    assert "exit code 1" in found.error
    assert "That is this machine's fault" in found.error
    assert (found.results, found.times) == ({}, {"a": 3})


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real one, with room for nothing."""
    folder = tmp_path / "runs" / "a"
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    (folder / "others.bin").write_bytes(b"x" * 12_000)
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_is_really_full(bench: Bench, small_disk: Path):
    found = bench.run("a", executor=bench.executor("population", "heldout"))
    assert "That is this machine's fault" in found.error
    assert (found.results, found.times) == ({}, {"a": 3})
    assert [path.name for path in small_disk.iterdir()] == ["others.bin"]


@pytest.mark.slow
def test_without_memory_nobody_is_blamed(tmp_path: Path):
    """In a process of its own, whose children have as little of it: neither
    the program nor the human reward finds room."""
    command = [sys.executable, "-m", "tests.children.poor", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr
    assert "ExecutionError: " in done.stdout, done.stdout
    assert "FAILED" not in done.stdout
