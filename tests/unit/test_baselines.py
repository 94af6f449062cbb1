"""What a found reward is compared with, where a task lacks some of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from rewardsmith.baselines import baselines, check_baseline, control
from rewardsmith.contracts import NATIVE, SPARSE, Capabilities, Task
from rewardsmith.errors import UsageError
from rewardsmith.records import Purpose, Run, program_hash
from rewardsmith.testing.sheets import its_human_reward_is_acceptable
from tests.native_point import NATIVE_POINT, WORDS, NativePoint
from tests.point import POINT
from tests.toys import Toy
from tests.unit.test_finals import TOY, searched


class Nothing(NativePoint):
    capabilities = Capabilities()


def test_a_task_has_what_it_says(reach: Task):
    assert baselines(reach) == ("human", "sparse")
    assert baselines(NATIVE_POINT) == ("sparse", "native")
    assert baselines(Nothing()) == ("sparse",)


@pytest.mark.parametrize(
    ("task", "name", "message"),
    [
        (
            NATIVE_POINT,
            "human",
            "native-point has no human reward: nobody wrote a human reward for it. What it has: sparse, "
            "native.",
        ),
        (
            POINT,
            "native",
            "point has no native reward: its suite gives no dense reward of its own. What it has: "
            "human, sparse.",
        ),
    ],
)
def test_what_it_lacks_is_refused_with_what_it_has(task: Task, name: str, message: str):
    with pytest.raises(UsageError) as refused:
        check_baseline(task, name)
    assert str(refused.value).startswith(message)
    assert "Or give a file with a reward program." in str(refused.value)


def test_the_machine_is_tried_with_the_densest_reward_that_there_is():
    assert "near" in control(POINT)
    assert control(NATIVE_POINT) == NATIVE
    assert control(Nothing()) == SPARSE


def test_no_human_reward_is_as_good_as_an_acceptable_one():
    its_human_reward_is_acceptable(NATIVE_POINT)


@pytest.mark.parametrize(
    ("name", "fits"),
    [("native", True), ("natives", False), ("native/..", False), ("Native", False), ("native\n", False)],
)
def test_records_know_its_name_and_nothing_like_it(name: str, fits: bool):
    data = {
        "id": f"{name}-baseline-0",
        "subject": name,
        "program": program_hash(NATIVE),
        "purpose": "baseline",
    }
    try:
        TypeAdapter(Run).validate_python({**data, "seed": 1})
    except ValidationError:
        assert not fits
    else:
        assert fits


def test_the_native_reward_is_trained_beside_the_winner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Toy, "capabilities", replace(TOY.capabilities, native=WORDS))
    study, executor = searched(tmp_path / "s")
    assert executor.jobs["native-baseline-0"].program == NATIVE
    assert executor.jobs["native-baseline-1"].seed == executor.jobs["c003-final-1"].seed
    subjects = [run.subject for run in study.runs_for(Purpose.BASELINE)]
    assert subjects == ["human", "sparse", "native"] * 2


def test_without_a_human_reward_none_is_trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Toy, "human_reward", "")
    study, _ = searched(tmp_path / "s")
    assert [run.subject for run in study.runs_for(Purpose.BASELINE)] == ["sparse"] * 2
