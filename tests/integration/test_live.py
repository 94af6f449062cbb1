"""The live view, on a real pseudo-terminal."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

from tests.integration.test_search import SEARCH


def test_a_terminal_gets_a_live_table(tmp_path: Path):
    parent, child = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "40"}
    process = subprocess.Popen(
        [sys.executable, "-m", "rewardsmith.cli.main", *SEARCH, "--out", "s"],
        cwd=tmp_path, stdin=child, stdout=child, stderr=child, env=environment,
    )  # fmt: skip
    os.close(child)
    shown = b""
    while True:
        try:
            chunk = os.read(parent, 1 << 16)
        except OSError:  # Linux's end of file on a terminal
            break
        if not chunk:
            break
        shown += chunk
    assert process.wait() == 0, shown[-2000:]
    text = shown.decode(errors="replace")
    assert "\x1b[" in text, "the table is redrawn with control sequences"
    for part in ("best so far", " steps", "left", "ACCEPTED", "SCORED", "human"):
        assert part in text, part
