"""Runs a command line in a process of its own that was forked
with everything imported, and watches it."""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.hostile.preloaded"])
HANG_S = 60.0
"""Wall clock: the machine may be busy with other things. What a command
itself takes is measured as processor time."""


@dataclass(frozen=True)
class Opened:
    """What became of a command."""

    code: int
    """Exit code; negative for a signal."""
    out: bytes
    err: bytes
    cpu_s: float
    """Processor time of the command and of the children that it waited for."""
    memory_bytes: int
    """The most that it held at a time."""
    hung: bool

    @property
    def said(self) -> str:
        """All output as text."""
        return (self.out + self.err).decode(errors="surrogateescape")


def open_with(arguments: list[str], home: Path, cwd: Path, out: Path) -> Opened:
    """Run ``rewardsmith ARGUMENTS``.

    Args:
        arguments: Behind the program's name.
        home: The user's home; caches and states lie below it.
        cwd: Working folder.
        out: Folder for the output.
    """
    process = _FORKS.Process(target=_run, args=(arguments, str(home), str(cwd), str(out)))
    process.start()
    process.join(HANG_S)
    hung = process.is_alive()
    if hung:
        assert process.pid
        os.killpg(process.pid, signal.SIGKILL)
        process.join()
    ended = out / "ended.json"
    cpu_s, memory = json.loads(ended.read_text(encoding="utf-8")) if ended.exists() else (0.0, 0)
    texts = [(out / name).read_bytes() if (out / name).exists() else b"" for name in ("out", "err")]
    assert process.exitcode is not None
    return Opened(process.exitcode, *texts, cpu_s=cpu_s, memory_bytes=memory, hung=hung)


def _run(arguments: list[str], home: str, cwd: str, out: str) -> None:
    """In the new process: become a command, and leave a note about what it took."""
    from rewardsmith.cli.main import run

    os.setsid()
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(f"{out}/{name}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w"), os.fdopen(2, "w")
    for name in [name for name in os.environ if name.startswith(("XDG_", "OPENAI_", "REWARDSMITH_"))]:
        del os.environ[name]
    os.environ |= {
        "HOME": home,
        "TMPDIR": f"{home}/tmp",
        "SECRET_TOKEN": SECRET,
        "COLUMNS": "120",
        "TERM": "dumb",
    }
    os.chdir(cwd)
    started = time.process_time()
    try:
        code = run(arguments)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:  # noqa: BLE001  (what Python itself would print at the end of a command that failed so)
        import traceback

        traceback.print_exc()
        code = 99
    sys.stdout.flush()
    sys.stderr.flush()
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = time.process_time() - started + children.ru_utime + children.ru_stime
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    Path(out, "ended.json").write_text(json.dumps([cpu_s, memory]), encoding="utf-8")
    os._exit(code)


SECRET = "SECRET-4711-canary"
"""In a variable and in files outside of the study; nobody may carry it anywhere."""
