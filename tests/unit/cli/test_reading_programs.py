"""Files with programs that a user names: read to their end, if they have one."""

import json
import os
import threading
from pathlib import Path

import pytest

from rewardsmith.cli import main
from rewardsmith.config import StudyConfig
from rewardsmith.contracts import Task
from rewardsmith.errors import UsageError
from rewardsmith.registry import TASKS
from rewardsmith.reward.guard.static import check_source
from rewardsmith.reward.program_file import read_program, read_text
from rewardsmith.study import Study
from tests.builders import keep, trained
from tests.integration.command_line import TINY

REACH = TASKS.load("franka-reach")


def test_files_and_pipes_are_read(tmp_path: Path):
    (tmp_path / "a.py").write_text("def ünï(): ...", encoding="utf-8")
    assert read_text(tmp_path / "a.py") == "def ünï(): ..."
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=lambda: (tmp_path / "pipe").write_text("from a pipe", encoding="utf-8"))
    writer.start()
    assert read_text(tmp_path / "pipe") == "from a pipe"
    writer.join()


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/urandom", "long.py"])
def test_something_endless_is_read_up_to_what_a_program_may_have(tmp_path: Path, path: str):
    (tmp_path / "long.py").write_text("x" * 1_000_000, encoding="utf-8")
    with pytest.raises(UsageError, match="larger than 800,000 bytes"):
        read_text(tmp_path / path)


def test_what_is_no_text_is_refused_in_one_line(tmp_path: Path):
    (tmp_path / "a.py").write_bytes(b"ab\xff")
    with pytest.raises(UsageError, match=r"not UTF-8 text .* at byte 2"):
        read_text(tmp_path / "a.py")
    with pytest.raises(UsageError, match="directory"):
        read_text(tmp_path)
    with pytest.raises(UsageError, match="No such file"):
        read_text(tmp_path / "none")


FILE = '''\ufeff"""Reward for pushing.

Two sentences about it.
"""
import torch

def near(x):
    return torch.exp(-x / 0.1)

half_width = 0.05 / 2

def compute_reward(tcp_pos, cube_pos):
    r = near(torch.norm(tcp_pos - cube_pos, dim=-1) - half_width)
    return r, {"r": r}
'''


def test_a_python_file_is_taken_whole_and_its_lines_keep_their_numbers(tmp_path: Path):
    (tmp_path / "a.py").write_text(FILE.replace("\n", "\r\n"), newline="", encoding="utf-8")
    read = read_program(tmp_path / "a.py")
    given = FILE.removeprefix("\ufeff").replace("import torch\n", "\n")
    assert read == given


def test_another_file_is_a_reply(tmp_path: Path):
    (tmp_path / "a.md").write_text(
        f"Closer is better.\n\n```python\n{FILE[1:]}```\n\nIt would rise.\n", encoding="utf-8"
    )
    assert read_program(tmp_path / "a.md").startswith('"""Reward for pushing.')
    assert "It would rise" not in read_program(tmp_path / "a.md")


@pytest.mark.parametrize(
    "arguments",
    [
        ["mine.py", "franka-reach"],
        ["mine.py", "--task", "franka-reach"],
        ["--task", "franka-reach", "mine.py"],
        ["--task=franka-reach", "mine.py"],
        ["--json", "mine.py", "franka-reach"],
    ],
)
def test_check_takes_the_task_as_train_does_and_by_its_flag(
    arguments: list[str], reach: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(reach.human_reward, encoding="utf-8")
    assert main.run(["check", *arguments]) == 0


def test_check_without_a_task_says_how_it_is_called(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main.run(["check", "mine.py"]) == 2
    assert "no task is given. Name one: rewardsmith check mine.py franka-push" in capsys.readouterr().err


def test_check_shows_every_objection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(
        "def compute_reward(tcp_pos, cube):\n    d = tcp_pos.foo\n    return d.bar, {}\n", encoding="utf-8"
    )
    assert main.run(["check", "mine.py", "franka-reach"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(". ")[0] for line in lines] == [
        "syntax (line 1): 'cube' is not a signal of this task",
        "syntax (line 2): .foo is not in the reward language",
        "syntax (line 3): .bar is not in the reward language",
    ]
    assert main.run(["check", "mine.py", "franka-reach", "--json"]) == 1
    verdict = json.loads(capsys.readouterr().out)
    assert [one["line"] for one in (verdict, *verdict["further"])] == [1, 2, 3]


@pytest.fixture
def study(tmp_path: Path) -> Path:
    with Study.create(tmp_path / "s", StudyConfig("franka-reach")) as made:
        source = "def compute_reward(tcp_pos):\n    x = tcp_pos[:, 0]\n    return x, {'x': x}\n"
        keep(made, trained("c000", 0.5, source=source, program=check_source(source, REACH.signals).program))
        keep(
            made, trained("c001", 0.4, source=source, program="def compute_reward(b):\n    return (b, {})\n")
        )
    return tmp_path / "s"


@pytest.mark.parametrize("command", [["check"], ["train", "franka-reach", "--reward"]])
def test_a_candidate_of_a_study_is_a_program_as_for_tune(
    command: list[str], study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    for name in ("c000", "best"):
        rest = ["franka-reach"] if command == ["check"] else [*TINY, "--out", str(tmp_path / name)]
        assert main.run([*command, f"{study}/{name}", *rest]) == 0
    assert main.run([*command, f"{study}/c001", *rest]) == 1
    assert "the program of c001 in" in capsys.readouterr().err
    assert main.run([*command, f"{study}/c002", *rest]) == 2
    assert "or a candidate of a study as STUDY/CANDIDATE" in capsys.readouterr().err
