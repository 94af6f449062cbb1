"""A program as a file for people: Python that runs as it stands, whoever wrote the program."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from rewardsmith.contracts import Task
from rewardsmith.registry import TASKS
from rewardsmith.reward.extract import from_file
from rewardsmith.reward.guard.static import check_source
from rewardsmith.reward.program import RewardProgram
from rewardsmith.reward.standalone import standalone


@pytest.fixture(params=TASKS.names())
def task(request: pytest.FixtureRequest) -> Task:
    return TASKS.load(request.param)


def test_it_runs_as_it_stands_and_gives_what_is_trained_on(task: Task):
    program = check_source(task.human_reward, task.signals).program
    names: dict[str, object] = {}
    exec(standalone(program, task.name), names)
    signals = {s.name: torch.rand(3, *s.shape) + 0.1 for s in task.signals}
    compiled = RewardProgram(program)
    total, components = names["compute_reward"](*(signals[name] for name in compiled.parameters))  # pyright: ignore[reportCallIssue, reportUnknownVariableType]
    wanted, parts = compiled(signals)
    torch.testing.assert_close(total, wanted)
    assert set(components) == set(parts)  # pyright: ignore[reportUnknownArgumentType]


def test_the_guard_takes_it_back_as_the_same_program(task: Task):
    program = check_source(task.human_reward, task.signals).program
    again = check_source(from_file(standalone(program, task.name)), task.signals)
    assert (again.program, again.notes) == (program, ())


def test_it_says_how_it_is_used():
    program = (
        "def compute_reward(a: Tensor) -> Tuple[Tensor, Dict[str, Tensor]]:\n    return (a * math.pi, {})\n"
    )
    assert standalone(program, "franka-push", "r.py") == (
        "# A reward program for franka-push. Is it acceptable:  rewardsmith check r.py franka-push\n"
        "# Train a policy on it:  rewardsmith train franka-push --reward r.py\n"
        "# In Python:  total, components = compute_reward(a)\n"
        "# Every signal is a tensor with a row for each environment; so are the total and each component.\n"
        "\nimport math\nfrom typing import Dict, Tuple\n\nfrom torch import Tensor\n\n\n" + program
    )


FLAG = "__import__('pathlib').Path('flag').touch()"
HOSTILE = {
    "statement": f"{FLAG}\n",
    "after a function": f"def compute_reward(a):\n    return a, {{}}\n{FLAG}\n",
    "decorator": f"@{FLAG}\ndef compute_reward(a):\n    return a, {{}}\n",
    "default": f"def compute_reward(a={FLAG}):\n    return a, {{}}\n",
    "keyword default": f"def compute_reward(*, a={FLAG}):\n    return a, {{}}\n",
    "annotation": f"def compute_reward(a: {FLAG}):\n    return a, {{}}\n",
    "annotation of many": f"def compute_reward(*a: {FLAG}):\n    return a, {{}}\n",
    "returns": f"def compute_reward(a) -> {FLAG}:\n    return a, {{}}\n",
    "comprehension": f"def compute_reward(a: [{FLAG} for _ in (1,)]):\n    return a, {{}}\n",
    "walrus": f"def compute_reward(a: (b := {FLAG})):\n    return a, {{}}\n",
    "lambda": f"def compute_reward(a=(lambda: {FLAG})()):\n    return a, {{}}\n",
    "class": f"class A:\n    {FLAG}\n",
    "assignment": f"A = {FLAG}\n",
    "import": "import antigravity\n",
    "async": f"async def compute_reward(a={FLAG}):\n    return a\n",
    "no Python": f"def (:\n{FLAG}\n",
    "carriage return": f"def (\r{FLAG}\r",
    "other ends of lines": f"def (\x0c{FLAG}\x0b{FLAG}\u2028{FLAG}\x85{FLAG}\x00",
}


@pytest.mark.parametrize("program", HOSTILE.values(), ids=HOSTILE)
def test_by_being_imported_it_does_nothing(program: str, tmp_path: Path):
    (tmp_path / "reward.py").write_bytes(standalone(program, "t").encode(errors="replace"))
    done = subprocess.run(
        [sys.executable, "-c", "import reward"], cwd=tmp_path, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert [path.name for path in tmp_path.iterdir() if path.name == "flag"] == []
    assert "It is shown as a comment" in (tmp_path / "reward.py").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "task", ["a\nimport antigravity", "t\r__import__('os')", "coding: utf-7 +AGEAYg-", "\x00"]
)
def test_a_task_is_a_word_in_a_comment(task: str):
    text = standalone("def compute_reward(a):\n    return (a, {})\n", task)
    lines = text.split("\ndef ")[0].splitlines()
    assert all(line.startswith("#") or line == "" or line == "import torch" for line in lines), lines
    compile(text.encode(errors="replace"), "reward.py", "exec")
