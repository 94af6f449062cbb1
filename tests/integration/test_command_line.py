"""What the program says and returns of commands, right and wrong, as a user starts them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.integration.command_line import TINY, run, start


def test_config_file_below_flags(tmp_path: Path):
    (tmp_path / "c.yaml").write_text(
        "task: franka-push\ncandidates: 5\nseed: 7\ntraining: {envs: 32}\n", encoding="utf-8"
    )
    code, out, err = run("search", "--config", "c.yaml", "--candidates", "2", "--dry-run", cwd=tmp_path)
    assert code == 0, err
    assert "2 candidates on franka-push" in out
    (tmp_path / "c.yaml").write_text("candidats: 5\n", encoding="utf-8")
    code, _, err = run("search", "franka-push", "--config", "c.yaml", cwd=tmp_path)
    assert (code, "Did you mean 'candidates'" in err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["serch"], 2, "Did you mean 'search'"),
        (["search", "franka-rech"], 2, "Did you mean 'franka-reach'"),
        (["search", "franka-reach", "--strategy", "eurka"], 2, "Did you mean 'eureka'"),
        (["search", "franka-reach", "--writer", "gramar"], 2, "Did you mean 'grammar'"),
        (["search", "franka-reach", "--trainer", "x"], 2, "Allowed: population"),
        (["search", "franka-reach", "--executor", "x"], 2, "unknown executor 'x'. Allowed: local"),
        (["search", "franka-reach", "--finalists", "9"], 2, "at most the 8 candidates"),
        (["search", "franka-reach", "--candidtes", "3"], 2, "--candidates"),
        (["search", "franka-reach", "--candidates", "0"], 2, "give at least 1"),
        (
            ["search", "franka-reach", "--strategy-options", "sampels", "3"],
            2,
            "Did you mean 'strategy_options.samples'",
        ),
        (["search"], 2, "TASK"),
        (["inspect", "nowhere"], 2, "there is no folder nowhere"),
        (["resume", "nowhere"], 2, "there is no folder nowhere"),
        (["tasks", "franka"], 2, "ball-balance, cartpole, franka-door"),
        (["check", "missing.py", "--task", "franka-reach"], 2, "cannot read"),
        (["train", "franka-reach", "--reward", "missing.py"], 2, "cannot read"),
        (["search", "franka-reach", "--out", "/proc/rewardsmith"], 1, "Give a writable folder with --out"),
    ],
)
def test_bad_input(tmp_path: Path, arguments: list[str], code: int, message: str):
    found, out, err = run(*arguments, cwd=tmp_path)
    assert found == code, err
    assert message in " ".join((out + err).split())
    assert "Traceback" not in err


def test_train_and_check_a_file(tmp_path: Path):
    (tmp_path / "r.py").write_text(
        "def compute_reward(tcp_pos, goal_pos):\n    d = -torch.norm(goal_pos - tcp_pos, dim=-1)\n"
        "    return d, {'d': d}\n",
        encoding="utf-8",
    )
    code, out, _ = run("check", "r.py", "--task", "franka-reach", "--json", cwd=tmp_path)
    assert (code, json.loads(out)["accepted"]) == (0, True)
    code, out, err = run(
        "train", "franka-reach", "--reward", "r.py", "--seeds", "3", "4", *TINY, "--json", cwd=tmp_path
    )
    assert code == 0, err
    results = json.loads(out)
    assert [result["state"] for result in results] == ["SCORED", "SCORED"]
    assert all((tmp_path / result["policy"]).is_file() for result in results)
    (tmp_path / "bad.py").write_text("def compute_reward(cube):\n    return cube, {}\n", encoding="utf-8")
    code, out, _ = run("check", "bad.py", "--task", "franka-reach", cwd=tmp_path)
    assert (code, "'cube' is not a signal" in out) == (1, True)
    assert run("train", "franka-reach", "--reward", "bad.py", cwd=tmp_path)[0] == 1


@pytest.mark.slow
def test_doctor(tmp_path: Path):
    environment = {**os.environ, "OPENAI_API_KEY": "sk-very-secret"}
    process = start("doctor", cwd=tmp_path, env=environment)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, out + err
    assert "sk-very-secret" not in out + err
    assert "OPENAI_API_KEY set" in out
