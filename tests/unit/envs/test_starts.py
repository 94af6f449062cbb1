"""Where episodes start, as the tasks tell it, against the states that resets give."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from rewardsmith.contracts import Role, Signal, Span
from rewardsmith.errors import RewardsmithError, UsageError
from rewardsmith_envs import starts
from rewardsmith_envs.tasks.franka_push import TASK as PUSH
from rewardsmith_envs.tasks.franka_push import FrankaPush
from tests.physics import simulated_tasks
from tests.plugins import install

TASKS = simulated_tasks()
EPISODES = 1024
OTHERS = 10**6
"""The first seed here: beyond those that were measured."""
SLACK = {"m": 0.01, "rad": 0.02}
"""By how much a span may be too wide where a tenth of it is less."""


@pytest.mark.parametrize("name", TASKS)
def test_episodes_start_where_the_task_says_and_all_over_it(name: str):
    task = TASKS[name]
    units = {signal.name: signal.unit for signal in task.signals}
    seen = starts.measured(task, OTHERS + torch.arange(EPISODES))
    assert task.starts.keys() == seen.keys(), "run `make starts`"
    for signal, span in task.starts.items():
        step = starts.STEPS[units[signal]]
        for low, high, least, most in zip(
            span.low, span.high, seen[signal].low, seen[signal].high, strict=True
        ):
            inside = 0.51 * step if low == high else 0.002 * step
            assert low - inside <= least <= most <= high + inside, f"{signal}: run `make starts`"
            loose = max(0.1 * (high - low), SLACK.get(units[signal], 0.02))
            assert least - low <= loose, f"{signal}: {span} is wider than what is seen, {seen[signal]}"
            assert high - most <= loose, f"{signal}: {span} is wider than what is seen, {seen[signal]}"


def test_spans_are_rounded_outward_and_what_hardly_varies_to_one_value():
    span = Span((0.1234, -0.2, 0.0251), (0.4561, 0.2000001, 0.0253))
    assert starts.rounded(span, "m") == Span((0.123, -0.2, 0.025), (0.457, 0.2, 0.025))
    assert starts.rounded(Span((-1e-9,), (0.151,)), "rad") == Span((0.0,), (0.16,))
    assert str(starts.rounded(Span((-1e-9,), (-1e-9,)), "m").low[0]) == "0.0"


def test_a_person_looks_at_positions_and_not_at_joints_or_speeds_of_zero():
    assert list(PUSH.starts) == ["tcp_pos", "tcp_quat", "cube_pos", "cube_quat", "goal_pos"]
    assert list(TASKS["cartpole"].starts) == ["cart_pos", "cart_vel", "pole_angle", "pole_vel"]
    assert "goal_quat" not in TASKS["shadow-hand"].starts, "it may be any"


def test_a_task_of_another_package_is_measured_into_its_own_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "mine.py").write_text(
        "from rewardsmith_envs.tasks.cartpole import Cartpole\n\n"
        "class Mine(Cartpole):\n    name = 'mine'\n\nTASK = Mine()\n",
        encoding="utf-8",
    )
    install(tmp_path, monkeypatch, "mine", tasks="mine:TASK")
    from mine import TASK as MINE  # pyright: ignore[reportMissingImports]

    assert MINE.starts == {}, "not those of the task it inherits from"
    starts.main(["mine"])
    assert MINE.starts == TASKS["cartpole"].starts
    assert list(json.loads((tmp_path / "starts.json").read_text(encoding="utf-8"))) == ["mine"]


@pytest.mark.parametrize(
    "damage", ["", "[]", '{"cartpole": 1}', '{"cartpole": {"cart_pos": [1, 2]}}', "\xff"]
)
def test_a_damaged_file_is_named(tmp_path: Path, damage: str):
    place = tmp_path / "starts.json"
    place.write_text(damage, encoding="latin-1")
    with pytest.raises(RewardsmithError, match=r"starts\.json cannot be read"):
        starts._read(place)


def test_an_unknown_task_is_refused():
    with pytest.raises(UsageError, match="'franka-push'"):
        starts.main(["franka-pusch"])


def test_a_task_without_a_file_has_none():
    class Elsewhere(FrankaPush):
        __module__ = "nowhere"

    assert Elsewhere().starts == {}


def test_the_file_is_written_as_it_is_read(tmp_path: Path):
    place = tmp_path / "starts.json"
    starts._write(place, {name: task.starts for name, task in TASKS.items()})
    theirs = Path(starts.__file__).parent / "tasks" / "starts.json"
    assert place.read_text(encoding="utf-8") == theirs.read_text(encoding="utf-8")


@pytest.mark.parametrize("role", [Role.JOINT, Role.ACTION])
def test_joints_and_actions_are_not_looked_at(role: Role):
    assert not starts._looked_at(Signal("a", (3,), "m", "world", "", role, 0.0, 1.0))
