"""Tasks that say what memory holds: how many environments there are at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from rewardsmith.contracts import SPARSE, Capabilities, Race, ScoringJob, TrainingJob
from rewardsmith.errors import UsageError
from rewardsmith.reward.guard import recorder
from rewardsmith.testing.feeding import TINY, train
from rewardsmith.training import episodes as episode_file
from rewardsmith.training.heldout import HeldOutScorer, policies_at_once
from rewardsmith.training.population import trainer as population
from rewardsmith.training.population.trainer import PopulationTrainer
from rewardsmith.training.shares import Shares, shares
from tests.native_point import NATIVE_POINT, NativeEnv, NativePoint

SETTINGS = replace(TINY, envs=16, slots=0)


def able(**what: object) -> NativePoint:
    class Able(NativePoint):
        capabilities = Capabilities(**what)  # pyright: ignore[reportArgumentType]

    return Able()


@pytest.fixture(autouse=True)
def count() -> Iterator[None]:
    NativeEnv.open.clear()
    NativeEnv.most = 0
    yield
    NativeEnv.open.clear()


def jobs(folder: Path, count: int, race: Race | None = None) -> list[TrainingJob]:
    return [
        TrainingJob(f"r{n}", SPARSE, n, str(folder / f"r{n}.pt"), 7, race=race, group="g")
        for n in range(count)
    ]


def test_half_trains_and_the_rest_plays():
    assert shares(NATIVE_POINT) == Shares(None, None, None)
    assert shares(able(most_envs=100)) == Shares(50, 25, 25)
    assert shares(able(most_envs=1)) == Shares(1, 1, 1)


@pytest.mark.parametrize(
    ("what", "slots", "expected"),
    [
        ({}, 0, 8192 // 16),
        ({"most_envs": 100}, 0, 3),
        ({"most_envs": 8}, 0, 1),
        ({"most_envs": 100}, 9, 9),
        ({"alone": True}, 0, 1),
        ({"alone": True}, 1, 1),
        ({"repeats": "run"}, 0, 1),
        ({"repeats": "run"}, 5, 5),
        ({"repeats": "starts"}, 0, 8192 // 16),
    ],
)
def test_slots_of_a_simulation(what: dict[str, object], slots: int, expected: int):
    found = population._most_slots(able(**what), replace(SETTINGS, slots=slots))
    assert found == expected


def test_several_slots_where_a_simulation_has_one_are_refused():
    message = "training.slots is 4, but a simulation of native-point holds one training only. Give 1"
    with pytest.raises(UsageError, match=message):
        PopulationTrainer(able(alone=True), replace(SETTINGS, slots=4), 2)


def test_policies_that_play_side_by_side():
    assert policies_at_once(NATIVE_POINT, 10, 45) == 4
    assert policies_at_once(NATIVE_POINT, 100, 45) == 1
    assert policies_at_once(NATIVE_POINT, 100, None) > 10**6
    assert policies_at_once(able(alone=True), 10, 45) == 1


@pytest.mark.parametrize("most", [400, 100, 20, 4])
def test_scores_are_the_same_in_as_many_rounds_as_needed(most: int, tmp_path: Path):
    train(PopulationTrainer(NATIVE_POINT, SETTINGS, 2), jobs(tmp_path, 3))
    NativeEnv.open.clear()

    def scored(task: NativePoint, name: str):
        due = [
            ScoringJob(f"r{n}", str(tmp_path / f"r{n}.pt"), 5, 40, str(tmp_path / f"{name}{n}.pt"))
            for n in range(3)
        ]
        return HeldOutScorer(task, "cpu", 1).score(due, lambda: None)

    whole = scored(NATIVE_POINT, "whole")
    NativeEnv.open.clear()
    NativeEnv.most = 0
    assert scored(able(most_envs=most), "few") == whole
    assert NativeEnv.most == min(most // 4, 40 * min(3, max(1, most // 4 // 40)))
    assert len(NativeEnv.open) == 1
    for n in range(3):
        few, all_at_once = (episode_file.load(tmp_path / f"{name}{n}.pt") for name in ("few", "whole"))
        assert torch.equal(few.true_score, all_at_once.true_score)
        assert torch.equal(few.success, all_at_once.success)
        assert torch.equal(few.alive, all_at_once.alive)
        for name, values in all_at_once.signals.items():
            assert torch.equal(few.signals[name], values)


@pytest.mark.parametrize("what", [{"most_envs": 64}, {"alone": True}])
def test_a_race_decides_the_same_with_few_environments(what: dict[str, object], tmp_path: Path):
    race = Race(rungs=(0.4,), keep=0.5, episodes=12)
    wide = train(PopulationTrainer(NATIVE_POINT, SETTINGS, 2), jobs(tmp_path, 5, race))
    NativeEnv.open.clear()
    NativeEnv.most = 0
    few = train(PopulationTrainer(able(**what), SETTINGS, 2), jobs(tmp_path, 5, race))
    assert {run: (one.state, one.rungs, one.progress) for run, one in few.items()} == {
        run: (one.state, one.rungs, one.progress) for run, one in wide.items()
    }
    # two slots of 16, and a quarter of 64 shared by two lanes; alone, one slot and 12 episodes
    assert NativeEnv.most == (2 * 16 + 2 * 8 if what.get("most_envs") else 16 + 12)


def test_simulations_that_are_replaced_are_closed(tmp_path: Path):
    trainer = PopulationTrainer(NATIVE_POINT, SETTINGS, 2)
    train(trainer, jobs(tmp_path, 1))
    (first,) = NativeEnv.open
    train(trainer, jobs(tmp_path, 4))
    assert first not in NativeEnv.open
    assert [env.made for env in NativeEnv.open] == [32, 32]


def test_the_recorder_makes_no_more_than_there_may_be_and_closes_them():
    states = recorder.record(able(most_envs=3))
    assert states["tool_pos"].shape == (20 * 3, 1)
    assert recorder.record(NATIVE_POINT)["tool_pos"].shape == (20 * 48, 1)
    assert NativeEnv.open == []
