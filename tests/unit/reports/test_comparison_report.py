from pathlib import Path

import pytest
from compared_studies import WINNER_FRESH, final, report, study

from rewardsmith.config import StudyConfig
from rewardsmith.records import RunState
from rewardsmith.reports.comparison_report import compare
from rewardsmith.reports.comparison_text import markdown
from rewardsmith.study import Study
from rewardsmith.usage import Usage
from tests.builders import keep, trained


def test_methods_are_measured_by_fresh_scores(ten: list[Path]):
    eureka, chance = report(*ten).methods
    assert (eureka.name, eureka.runs, eureka.scores) == ("eureka", 5, WINNER_FRESH["eureka"])
    assert eureka.iqm
    assert eureka.iqm.value == pytest.approx(0.7)  # middle three of 0.5 0.6 0.7 0.8 0.9
    assert eureka.human_normalised == pytest.approx(0.75)  # (0.7 - 0.1) / 0.8
    assert chance.human_normalised == pytest.approx(0.375)  # (0.4 - 0.1) / 0.8
    assert eureka.iqm.low is not None


def test_baselines_count_once_however_many_studies_hold_them(ten: list[Path], tmp_path: Path):
    again = study(
        tmp_path / "copy", StudyConfig("franka-push", strategy="revolve"), (0.5,), [final("human", 0.9, 0)]
    )
    human, sparse = report(*ten, again).baselines
    assert (human.name, human.runs, human.scores) == ("human", 5, (0.9,) * 5)
    assert (sparse.name, sparse.scores) == ("sparse", (0.1,) * 5)


def test_probability_of_improvement(ten: list[Path]):
    (pair,) = report(*ten).improvements
    assert (pair.first, pair.second) == ("eureka", "random")
    # of 25 pairs eureka wins 5 (0.8), 4.5 (0.6), 5 (0.7), 5 (0.9), 3.5 (0.5)
    assert pair.probability.value == pytest.approx(23 / 25)


def test_what_writers_say_of_themselves_is_said_once(ten: list[Path]):
    assert report(*ten).notices == ("a notice",)


def test_what_was_spent_is_counted_alike(ten: list[Path]):
    row = report(*ten).searches[0]
    assert (row.candidates, row.trainings, row.env_steps, row.usage) == (2, 2, 200, Usage(4, 20, 10, 0.5))
    assert "| eureka | 5 | 2 | 2 | 200 | 0 s | 4 | 30 | 0.5000 |" in markdown(report(*ten))


def test_the_steps_of_a_training_are_those_of_a_whole_one(tmp_path: Path):
    """Failed and evicted trainings ended before their steps were spent."""
    config = StudyConfig("franka-push", candidates=3)
    with Study.create(tmp_path / "a", config) as made:
        keep(made, trained("c000", None))  # crashed at step 100
        assert "no training is at its end yet" in compare([made]).setup[0]
        evicted = trained("c001", None, run={"state": RunState.EVICTED, "fault": None})
        keep(made, evicted, trained("c002", 0.5, run={"env_steps": 4_096}))
        assert "3 candidates per search, 4,096 environment steps per training" in compare([made]).setup[0]


def test_all_scores_of_a_repeated_seed_are_kept(tmp_path: Path):
    config = StudyConfig("franka-push")
    twice = [
        study(tmp_path / name, config, (0.5,), [final("c000", score, 0)])
        for name, score in (("a", 0.25), ("b", 0.75))
    ]
    (row,) = report(*twice).methods
    assert (row.runs, row.seeds, row.scores) == (2, (0, 0), (0.25, 0.75))


def test_presets_are_methods_of_their_own(tmp_path: Path):
    plain = study(tmp_path / "a", StudyConfig("franka-push"), (0.5,), [])
    paper = study(
        tmp_path / "b", StudyConfig("franka-push", strategy_options={"preset": "paper"}), (0.5,), []
    )
    assert [row.name for row in report(plain, paper).methods] == ["eureka", "eureka:paper"]


def test_methods_are_compared_on_the_tasks_that_both_ran_on(tmp_path: Path):
    scores = {
        "eureka franka-push": 0.4,
        "eureka franka-reach": 0.9,
        "random franka-reach": 0.5,
        "revolve franka-push": 0.4,
    }
    folders: list[Path] = []
    for name, score in scores.items():
        strategy, task = name.split()
        folders.append(
            study(tmp_path / name, StudyConfig(task, strategy=strategy), (0.5,), [final("c000", score, 0)])
        )
    found = report(*folders)
    pairs = {(pair.first, pair.second): pair.probability.value for pair in found.improvements}
    assert pairs == {("eureka", "random"): 1.0, ("eureka", "revolve"): 0.5}
    assert (found.overall, found.tasks) == ((), ("franka-push", "franka-reach"))


def test_one_task_needs_no_overall_table(ten: list[Path]):
    assert report(*ten).overall == ()


def test_several_tasks_are_joined_in_human_units(ten: list[Path], tmp_path: Path):
    others = [
        study(
            tmp_path / f"reach-{strategy}-{seed}",
            StudyConfig("franka-reach", strategy=strategy, seed=seed, candidates=2),
            (0.5, 0.5),
            [final("c000", score, seed), final("human", -1.0, seed), final("sparse", -5.0, seed)],
        )
        for strategy, score in (("eureka", 19.0), ("random", -7.0))
        for seed in range(5)
    ]
    lone = study(
        tmp_path / "lone",
        StudyConfig("franka-reach", strategy="revolve", candidates=2),
        (0.5, 0.5),
        [final("c000", 0.0, 0)],
    )
    found = report(*ten, *others, lone)
    eureka, chance = found.overall  # revolve ran on one task only
    assert eureka.scores[:5] == pytest.approx((0.875, 0.625, 0.75, 1.0, 0.5))  # (0.8 - 0.1) / 0.8 and so on
    # on reach eureka has (19 + 5) / 4 = 6, clipped to 3; random -0.5, clipped to 0
    assert sorted(eureka.scores)[-5:] == [3.0] * 5
    assert sorted(chance.scores)[:5] == [0.0] * 5
    assert eureka.runs == 10
    assert "### All tasks" in markdown(found)
