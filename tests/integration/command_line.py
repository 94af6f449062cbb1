"""The program itself, started as a user starts it, and a search that takes seconds."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

COMMAND = (sys.executable, "-m", "rewardsmith.cli.main")
TINY = [
    "--training.env-steps", "1600", "--training.envs", "16", "--training.rollout", "10",
    "--training.hidden", "16", "--training.minibatches", "2", "--training.mini-epochs", "2",
    "--episodes", "8",
]  # fmt: skip
SEARCH = [
    "search", "franka-reach", "--candidates", "4", "--strategy-options", "samples", "2", "--finalists", "2",
    *TINY,
]  # fmt: skip
SHORT = (
    "--episodes", "4", "--training.env-steps", "2560", "--training.envs", "16", "--training.rollout", "16",
    "--training.hidden", "16", "--training.minibatches", "2", "--training.mini-epochs", "1",
)  # fmt: skip
"""Trainings and scorings that take less time than starting a process."""


def start(*arguments: str | Path, cwd: Path, **options: object) -> subprocess.Popen[str]:
    command = [*COMMAND, *map(str, arguments)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **options}
    return subprocess.Popen(command, cwd=cwd, **pipes)  # pyright: ignore[reportCallIssue, reportArgumentType]


def go_on(
    folder: Path, fresh: Sequence[str], errors: IO[bytes], env: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Resume a search, or begin it where nothing of it is there, in a process group of its own."""
    command = ["resume", str(folder)] if (folder / "study.db").exists() else [*fresh, "--out", str(folder)]
    return subprocess.Popen(
        [*COMMAND, *command], stdout=subprocess.DEVNULL, stderr=errors, start_new_session=True, env=env
    )


def run(*arguments: str | Path, cwd: Path) -> tuple[int, str, str]:
    process = start(*arguments, cwd=cwd)
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def candidates(study: Path, cwd: Path) -> list[dict[str, object]]:
    code, out, err = run("inspect", study, "--json", cwd=cwd)
    assert code == 0, err
    return json.loads(out)["candidates"]
