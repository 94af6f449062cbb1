"""The program itself, started as a user starts it, and a search that takes seconds."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

TINY = [
    *(
        "--training.env-steps",
        "1600",
        "--training.envs",
        "16",
        "--training.rollout",
        "10",
        "--training.hidden",
        "16",
    ),
    *("--training.minibatches", "2", "--training.mini-epochs", "2", "--episodes", "8"),
]
SEARCH = [
    "search",
    "franka-reach",
    "--candidates",
    "4",
    "--strategy-options",
    "samples",
    "2",
    "--finalists",
    "2",
    *TINY,
]


def start(*arguments: str | Path, cwd: Path, **options: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "rewardsmith.cli.main", *map(str, arguments)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **options}
    return subprocess.Popen(command, cwd=cwd, **pipes)  # pyright: ignore[reportCallIssue, reportArgumentType]


def run(*arguments: str | Path, cwd: Path) -> tuple[int, str, str]:
    process = start(*arguments, cwd=cwd)
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def candidates(study: Path, cwd: Path) -> list[dict[str, object]]:
    code, out, err = run("inspect", study, "--json", cwd=cwd)
    assert code == 0, err
    return json.loads(out)["candidates"]
