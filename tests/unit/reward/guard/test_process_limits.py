"""The operating system's part: each limit on its own, in a
process of its own, then all together."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux only")

CLOSE = {
    "Landlock": "from rewardsmith.reward.guard.closed_files import close_files as close",
    "seccomp": (
        "import ctypes; ctypes.CDLL(None).prctl(38, 1, 0, 0, 0)\n"
        "from rewardsmith.reward.guard.allowed_calls import filter_calls as close"
    ),
    "everything": "from rewardsmith.reward.guard.process_limits import confine as close",
}
FILES = {
    "read": "open('/etc/passwd').read()",
    "create": "open('new.txt', 'w')",
    "overwrite": "open('there.txt', 'r+')",
    "remove": "os.remove('there.txt')",
    "rename": "os.rename('there.txt', 'gone.txt')",
    "make folder": "os.mkdir('folder')",
    "link": "os.symlink('/etc/passwd', 'link')",
    "list": "os.listdir('/')",
    "torch.save": "torch._C.PyTorchFileWriter('new.pt').write_end_of_file()",
    "torch.from_file": "torch.from_file('/etc/passwd', False, 10, dtype=torch.uint8)",
}
CALLS = {
    "socket": "socket.socket()",
    "fork": "os.fork() or os._exit(0)",
    "execute": "os.execv('/bin/true', ['true'])",
    "signal": "os.kill(os.getppid(), 0)",
    "change folder": "os.chdir('/')",
    "thread": "threading.Thread(target=int).start()",
}
SCRIPT = """
import json, os, socket, sys, threading, torch
{close}
report, done = close(), {{}}
def attempt(name, action):
    try:
        action()
    except (OSError, RuntimeError) as error:
        done[name] = "refused"
    else:
        done[name] = "done"
{attempts}
print(json.dumps([report, done]))
"""


def attempt(layer: str, actions: dict[str, str], folder: Path) -> dict[str, str]:
    """What became of every action in a process behind one layer."""
    (folder / "there.txt").write_text("kept", encoding="utf-8")
    attempts = "\n".join(f"attempt({name!r}, lambda: {action})" for name, action in actions.items())
    script = SCRIPT.format(close=CLOSE[layer], attempts=attempts)
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, timeout=60, check=True
    )
    report, outcomes = json.loads(done.stdout)
    if report is False:
        pytest.skip(f"this kernel has no {layer}")
    return outcomes


@pytest.mark.parametrize(
    ("layer", "actions"),
    [("Landlock", FILES), ("seccomp", {**FILES, **CALLS}), ("everything", {**FILES, **CALLS})],
)
def test_nothing_is_possible(layer: str, actions: dict[str, str], tmp_path: Path) -> None:
    outcomes = attempt(layer, actions, tmp_path)
    assert outcomes == dict.fromkeys(actions, "refused")
    assert [path.name for path in tmp_path.iterdir()] == ["there.txt"]
    assert (tmp_path / "there.txt").read_text(encoding="utf-8") == "kept"


def test_memory_and_time_are_limited() -> None:
    code = (
        "import torch\nfrom rewardsmith.reward.guard.process_limits import confine, start_clock\n"
        "print(confine()[0], flush=True)\ntry:\n    torch.ones(2 * 2**28)\nexcept RuntimeError:\n"
        "    print('memory', flush=True)\nstart_clock()\nwhile True:\n    pass\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode < 0
    assert done.stdout.splitlines()[0].startswith("limits on files and cores")
    assert done.stdout.splitlines()[1:] == ["memory"]
