"""What a search shows: on a real pseudo-terminal, to a reader that
leaves, and where the locale has few letters."""

from __future__ import annotations

import os
import pty
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.integration.command_line import COMMAND, SEARCH, run, start

pytestmark = pytest.mark.slow


def test_a_terminal_gets_a_live_table(tmp_path: Path):
    parent, child = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "40"}
    process = subprocess.Popen(
        [*COMMAND, *SEARCH, "--out", "o[v2]"],
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
    for part in (
        "best so far",
        " steps",
        "left",
        "ACCEPTED",
        "SCORED",
        "human",
        "study o[v2]",
        "rewardsmith inspect 'o[v2]'",
    ):
        assert part in text, part


def test_a_search_whose_reader_leaves_is_no_success_and_goes_on_later(tmp_path: Path):
    line = f"{shlex.join([*COMMAND, *SEARCH])} --out 'o v' | head -n 1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stdout) == (1, "study o v\n")
    warning, _, error = done.stderr.partition("\n")
    assert warning.startswith("warning: a training has 1,600 environment steps")
    assert error == (
        "rewardsmith: cannot write the output: Broken pipe. Everything finished is kept. Go on with: "
        "rewardsmith resume 'o v'\n"
    )
    code, out, err = run("resume", "o v", cwd=tmp_path)
    assert code == 0, err
    assert "c003" in out


def test_a_search_ends_well_where_the_locale_is_ascii(tmp_path: Path):
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    process = start(*SEARCH, "--final-seeds", "0", "--out", "s", cwd=tmp_path, env=environment)
    out, err = process.communicate(timeout=300)
    assert (process.returncode, err.count("\n")) == (0, 1), err
    assert err.startswith("warning: a training has 1,600 environment steps")
    assert "study folder: s" in out
    assert out.isascii()
