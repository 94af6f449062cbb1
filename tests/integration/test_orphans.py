"""No process is left when the one that a person started is killed,
however deep it was started and whatever it does."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.command_line import COMMAND

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a child notices at its next line")
SECONDS = 20.0
"""As long a process may take to be gone. On a free machine it takes some hundredths."""
GIGABYTES = 1_000_000_000


def status(pid: int) -> dict[str, str]:
    """What /proc says of a process; nothing where there is none,
    or where it only waits to be buried."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    found = {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return {} if found["State"].startswith("Z") else found


def below(pid: int) -> Iterator[int]:
    """All descendants of a process."""
    parents = {
        int(path.name): status(int(path.name)).get("PPid")
        for path in Path("/proc").iterdir()
        if path.name.isdigit()
    }
    found = {pid}
    while more := {child for child, parent in parents.items() if parent and int(parent) in found} - found:
        found |= more
        yield from more


def modules(pids: list[int]) -> str:
    texts = [Path(f"/proc/{pid}/cmdline") for pid in pids if status(pid)]
    return " ".join(path.read_text(encoding="utf-8").replace("\0", " ") for path in texts if path.exists())


@pytest.mark.parametrize(
    ("trainer", "busy", "memory"),
    [
        ("population", "rewardsmith.training.worker", None),
        ("population", "rewardsmith.training.worker", 12 * GIGABYTES),
        ("rl-games", "rewardsmith.training.rlgames.training_child", None),
    ],
)
@pytest.mark.slow
def test_nobody_survives(trainer: str, busy: str, memory: int | None, tmp_path: Path):
    command = [*COMMAND, "train", "cartpole", "--reward", "sparse", "--seeds", "0", "1"]
    command += ["--trainer", trainer, "--out", str(tmp_path / "out"), "--training.env-steps", "1000000000"]
    limit = (lambda: resource.setrlimit(resource.RLIMIT_AS, (memory, memory))) if memory else None
    with (tmp_path / "said.txt").open("w", encoding="utf-8") as said:
        parent = subprocess.Popen(command, stdout=said, stderr=said, preexec_fn=limit)
    try:
        family = in_the_middle(parent, busy)
    finally:
        parent.kill()
        parent.wait()
    until = time.monotonic() + SECONDS
    while left := [pid for pid in family if status(pid)]:
        assert time.monotonic() < until, f"left behind: {modules(left)}"
        time.sleep(0.05)


def in_the_middle(parent: subprocess.Popen[bytes], busy: str) -> list[int]:
    """Wait until a process is confined, so that it trains; all that were started."""
    until = time.monotonic() + 240.0
    while True:
        assert parent.poll() is None, "it ended"
        assert time.monotonic() < until, "nothing is trained"
        family = list(below(parent.pid))
        if any(busy in modules([pid]) and status(pid).get("NoNewPrivs") == "1" for pid in family):
            time.sleep(0.5)
            return [parent.pid, *below(parent.pid)]
        time.sleep(0.2)
