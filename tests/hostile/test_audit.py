"""What the kernel saw: a search that is resumed from a forged study opens nothing
for writing that is not its own, and reaches nobody."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hostile.altering import Mail
from tests.hostile.forgeries import FORGERIES
from tests.hostile.sandbox import Sandbox

pytestmark = pytest.mark.slow
_OPENED = re.compile(
    r'open(?:at)?\((?:(?:AT_FDCWD|\d+)(?:<[^>]*>)?, )?"([^"]*)", ([A-Z_|]+)[^=]*\) = (\d+)(?:<([^>]*)>)?'
)
_CHANGED = re.compile(
    r"^\d+ +(?:rename|renameat|renameat2|unlink|unlinkat|link|linkat|symlink|symlinkat|chmod|truncate)"
    r"\((.*)\) = 0"
)
_REACHED = re.compile(r"connect\(\d+[^,]*, \{sa_family=AF_INET6?")
_WRITES = ("O_WRONLY", "O_RDWR", "O_CREAT")
_AUDITED = (
    "program: overwrites a file",
    "program: of the winner overwrites a file",
    "link: candidates/c002/reward.py to a file",
    "id: relative, row too",
    "secret: in a variable",
    "shown: notice",
)


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
@pytest.mark.parametrize("name", _AUDITED)
def test_nothing_else_is_opened_for_writing(name: str, tmp_path: Path, pristine: Path) -> None:
    (forgery,) = (forgery for forgery in FORGERIES if f"{forgery.kind}: {forgery.name}" == name)
    sandbox = Sandbox.make(tmp_path / "box", pristine)
    forgery.forge(Mail(sandbox.study, sandbox.home))
    trace = tmp_path / "trace"
    watched = ["strace", "-f", "-y", "-qq", "-e", "trace=file,connect", "-o", str(trace)]
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "OPENAI_"))},
        "HOME": str(sandbox.home), "TMPDIR": str(sandbox.home / "tmp"),
    }  # fmt: skip
    command = [*watched, sys.executable, "-B", "-m", "rewardsmith.cli.main", "resume", "mail/study"]
    done = subprocess.run(
        command, cwd=sandbox.home, env=environment, capture_output=True, timeout=600, check=False
    )
    assert done.returncode in (0, 1, 2, 3), done.stderr
    lines = trace.read_text(errors="replace", encoding="utf-8").splitlines()
    assert len(lines) > 1_000  # it was traced
    written = {
        found[4] or found[1]
        for line in lines
        if (found := _OPENED.search(line)) and any(w in found[2] for w in _WRITES)
    }
    own = (str(sandbox.study), *(str(sandbox.home / name) for name in (".cache", ".local", "tmp")), "/dev/")
    assert written or forgery.kind != "shown"  # a study that is not refused is locked, at least
    assert [path for path in written if not path.startswith(own)] == []
    assert [line for line in lines if _CHANGED.search(line) and "precious" in line] == []
    assert [line for line in lines if _REACHED.search(line)] == []
