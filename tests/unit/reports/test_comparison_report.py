import csv
import io
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from rewardsmith.config import StudyConfig, TrainingOverrides
from rewardsmith.errors import UsageError
from rewardsmith.records import Purpose, Run, RunState, Score
from rewardsmith.reports.comparison import ComparisonReport, compare
from rewardsmith.reports.comparison_csv import curves_csv, searches_csv
from rewardsmith.reports.comparison_text import markdown
from rewardsmith.study import Study
from rewardsmith.usage import Usage
from tests.builders import called, keep, keep_run, run_of, trained

WINNER_FRESH = {"eureka": (0.8, 0.6, 0.7, 0.9, 0.5), "random": (0.4, 0.6, 0.3, 0.2, 0.5)}


Final = tuple[Run, Score | None]


def final(subject: str, score: float | None, seed: int) -> Final:
    """A run after the search: of the winner, or of a baseline."""
    purpose = Purpose.BASELINE if subject in ("human", "sparse") else Purpose.FINAL
    run = run_of(subject, purpose, failed="" if score is not None else "it fell over", seed=seed)
    return run, None if score is None else Score(score, 0.01, 128)


def study(
    folder: Path,
    config: StudyConfig,
    search: Sequence[float | None],
    finals: Sequence[Final],
    *,
    finished: bool = True,
) -> Path:
    with Study.create(folder, config) as made:
        for number, score in enumerate(search):
            keep(made, trained(f"c{number:03d}", score))
            made.store.add_call(called(f"c{number:03d}", Usage(2, 10, 5, 0.25)))
        for run, score in finals:
            keep_run(made, run, score)
        made.store.put_value("notice", "a notice")
        if finished:
            made.store.put_value("finished", "yes")
    return folder


def report(*folders: Path) -> ComparisonReport:
    with ExitStack() as stack:
        return compare([stack.enter_context(Study.open(folder)) for folder in folders])


@pytest.fixture
def ten(tmp_path: Path) -> list[Path]:
    """Two strategies, five repeats; the baselines lie in the studies of the first."""
    folders: list[Path] = []
    for strategy, scores in WINNER_FRESH.items():
        for seed, score in enumerate(scores):
            baselines = (
                [final("human", 0.9, seed), final("sparse", 0.1, seed)] if strategy == "eureka" else []
            )
            config = StudyConfig("franka-push", strategy=strategy, seed=seed, candidates=2)
            folders.append(
                study(
                    tmp_path / f"{strategy}-s{seed}",
                    config,
                    (0.95, None),
                    [final("c000", score, seed), *baselines],
                )
            )
    return folders


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


def test_a_search_that_found_nothing_is_no_number_and_no_secret(ten: list[Path], tmp_path: Path):
    lost = study(
        tmp_path / "lost",
        StudyConfig("franka-push", strategy="random", seed=9, candidates=2),
        (None, None),
        [],
    )
    found = report(*ten, lost)
    chance = found.methods[1]
    assert (chance.runs, len(chance.scores)) == (6, 5)
    # it loses to each of the five
    assert found.improvements[0].probability.value == pytest.approx((23 + 5) / 30)
    assert any("lost has no winner" in warning for warning in found.warnings)
    assert chance.mean == pytest.approx(2 / 6)  # it counts as 0
    assert "(1 without a score)" in markdown(found)


def repeats(
    folder: Path, task: str, scores: Sequence[float | None], sparse: float | None = None
) -> list[Path]:
    """Five or so searches, those without a score being failures."""
    folders: list[Path] = []
    for seed, score in enumerate(scores):
        finals = [] if score is None else [final("c000", score, seed)]
        baselines = [] if sparse is None else [final("human", 90.0, seed), final("sparse", sparse, seed)]
        config = StudyConfig(task, seed=seed, candidates=1)
        folders.append(study(folder / f"{task}-s{seed}", config, (score,), [*finals, *baselines]))
    return folders


def test_a_method_that_fails_is_not_better_for_it(tmp_path: Path):
    """A search without a winner solved nothing: its success rate is 0."""
    found = report(*repeats(tmp_path, "franka-push", (0.9, None, 0.8, None, None)))
    (row,) = found.methods
    assert (row.runs, row.scores) == (5, (0.9, 0.8))
    assert row.iqm
    assert row.iqm.value == pytest.approx(0.8 / 3)  # middle three of 0 0 0 0.8 0.9
    assert row.iqm.low == 0.0
    assert row.mean == pytest.approx(0.34)  # 1.7 / 5
    assert "| eureka | 0.267 [0.000, " in markdown(found)
    assert "| 0.340 | - | 0.900 0.800 (3 without a score) |" in markdown(found)
    assert (
        sum("loses every pair, and counts as 0 in the means." in warning for warning in found.warnings) == 3
    )


def test_in_a_metric_a_failure_is_worth_what_the_sparse_reward_is(tmp_path: Path):
    found = report(*repeats(tmp_path, "cartpole", (90.0, None, 50.0, 60.0, 70.0), sparse=10.0))
    (row,) = found.methods
    assert row.iqm
    assert row.iqm.value == pytest.approx(60.0)  # middle three of 10 50 60 70 90
    assert row.mean == pytest.approx(56.0)  # 280 / 5
    assert row.human_normalised == pytest.approx(0.575)  # (56 - 10) / 80
    assert any("counts as 10 in the means." in warning for warning in found.warnings)


@pytest.mark.parametrize("task", ["cartpole", "of-another-machine"])
def test_where_nobody_knows_what_a_failure_is_worth_there_is_no_mean(tmp_path: Path, task: str):
    """A metric without a sparse baseline, or a task that is not installed here."""
    found = report(*repeats(tmp_path, task, (90.0, None, 50.0, 60.0, 70.0)))
    (row,) = found.methods
    assert (row.iqm, row.mean, row.human_normalised, row.runs) == (None, None, None, 5)
    assert "| eureka | - | - | - | 90.000 50.000 60.000 70.000 (1 without a score) |" in markdown(found)
    assert any(
        "leaves its method without a mean: what a failure is worth there is not known." in warning
        for warning in found.warnings
    )


def test_failures_count_over_several_tasks(tmp_path: Path):
    push = repeats(tmp_path, "franka-push", (0.9, None), sparse=0.0)
    pole = repeats(tmp_path, "cartpole", (90.0, None), sparse=10.0)
    (row,) = report(*push, *pole).overall
    # 0.9 / 90, no success, (90 - 10) / 80, the sparse reward
    assert row.scores == pytest.approx((0.01, 0.0, 1.0, 0.0))
    assert row.mean == pytest.approx(0.2525)


def test_few_repeats_have_no_interval_and_say_so(ten: list[Path]):
    text = markdown(report(*ten[:3]))
    assert "No intervals: they take at least 5 repeats, and there are 3." in text
    assert "| eureka | 0.700 | 0.700 | 0.75 | 0.800 0.600 0.700 |" in text


def test_the_steps_of_a_training_are_those_of_a_whole_one(tmp_path: Path):
    """Failed and evicted trainings ended before their steps were spent."""
    config = StudyConfig("franka-push", candidates=3)
    with Study.create(tmp_path / "a", config) as made:
        keep(made, trained("c000", None))  # crashed at step 100
        assert "no training is at its end yet" in compare([made]).setup[0]
        evicted = trained("c001", None, run={"state": RunState.EVICTED, "fault": None})
        keep(made, evicted, trained("c002", 0.5, run={"env_steps": 4_096}))
        assert "3 candidates per search, 4,096 environment steps per training" in compare([made]).setup[0]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"candidates": 3}, "candidates (2 / 3)"),
        ({"writer": "openai"}, "writer (grammar / openai)"),
        ({"episodes": 64}, "episodes (128 / 64)"),
        ({"training": TrainingOverrides(env_steps=7)}, "training.env_steps (7 / preset)"),
        ({"max_usd": 1.0}, "max_usd (1.0 / None)"),
    ],
)
def test_unequal_terms_are_named(ten: list[Path], tmp_path: Path, change: dict[str, object], what: str):
    config = replace(StudyConfig("franka-push", strategy="random", seed=7, candidates=2), **change)  # pyright: ignore[reportArgumentType]
    odd = study(tmp_path / "odd", config, (0.5, 0.5), [final("c000", 0.5, 7)])
    assert report(*ten).warnings == ()
    assert any(
        f"franka-push are not on equal terms: they differ in {what}" in warning
        for warning in report(*ten, odd).warnings
    )


def test_unfinished_and_repeated_searches_are_named(tmp_path: Path):
    config = StudyConfig("franka-push")
    first = study(tmp_path / "a", config, (0.5,), [], finished=False)
    second = study(tmp_path / "b", config, (0.5,), [final("c000", 0.5, 0)])
    warnings = report(first, second).warnings
    assert any("a is left out: it is not finished" in warning for warning in warnings)
    assert report(first, second).methods[0].runs == 1
    assert any("eureka ran more than once on franka-push with seed 0" in warning for warning in warnings)


def test_all_scores_of_a_repeated_seed_are_kept(tmp_path: Path):
    config = StudyConfig("franka-push")
    twice = [
        study(tmp_path / name, config, (0.5,), [final("c000", score, 0)])
        for name, score in (("a", 0.25), ("b", 0.75))
    ]
    (row,) = report(*twice).methods
    assert (row.runs, row.seeds, row.scores) == (2, (0, 0), (0.25, 0.75))


def test_a_winner_that_was_never_to_be_trained_again_is_left_out(ten: list[Path], tmp_path: Path):
    config = StudyConfig("franka-push", strategy="revolve", final_seeds=0, candidates=2)
    found = report(*ten, study(tmp_path / "r", config, (0.5, 0.5), []))
    assert "r is left out: its winner was never to be trained again (final_seeds is 0)." in found.warnings
    assert [row.name for row in found.methods] == ["eureka", "random"]


def test_other_seeds_and_options_are_named(ten: list[Path], tmp_path: Path):
    config = StudyConfig("franka-push", seed=9, candidates=2, strategy_options={"samples": 2})
    warnings = report(*ten, study(tmp_path / "x", config, (0.5, 0.5), [final("c000", 0.5, 9)])).warnings
    assert any(
        "the seeds on franka-push are not the same for all (eureka 0 1 2 3 4 9, random 0 1 2 3 4)" in warning
        for warning in warnings
    )
    assert any("studies of eureka differ in strategy_options" in warning for warning in warnings)


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


def test_tables_for_other_programs(ten: list[Path]):
    rows = list(csv.DictReader(io.StringIO(searches_csv(report(*ten)))))
    assert [row["fresh_score"] for row in rows if row["method"] == "random"] == [
        "0.4",
        "0.6",
        "0.3",
        "0.2",
        "0.5",
    ]
    assert [row["fresh_score"] for row in rows if row["method"] == "human"] == ["0.9"] * 5
    points = list(csv.DictReader(io.StringIO(curves_csv(report(*ten)))))
    assert [(row["score"], row["best_so_far"], row["trainings"]) for row in points[:2]] == [
        ("0.95", "0.95", "1"),
        ("", "0.95", "2"),
    ]


def test_nothing_to_compare_is_refused():
    with pytest.raises(UsageError, match="rewardsmith compare STUDY"):
        compare([])


EVIL = "=1+1|x](http://h) `c` <img src=x> # \x1b]0;t\x07\u202e"


def test_names_in_a_report_are_text_and_nothing_else(tmp_path: Path):
    with ExitStack() as stack:
        studies: list[Study] = []
        for seed in range(2):
            folder = tmp_path / f"{EVIL.replace('/', '-')}{seed}"
            study(folder, StudyConfig("franka-reach", seed=seed), (0.5, None), [final("c000", 0.5, seed)])
            studies.append(stack.enter_context(Study.open(folder)))
            # No config can hold such names any more.
            studies[-1].config = StudyConfig(
                f"{EVIL}{seed}", strategy=EVIL, writer=EVIL, seed=seed, strategy_options={"preset": EVIL}
            )
        found = compare(studies)
    text = markdown(found, [])
    assert text.replace("\n", "").isprintable()
    assert "<img" not in text
    assert "](" not in text.replace("\\](", "")
    assert {line.count("|") - line.count("\\|") for line in text.splitlines() if line.startswith("| ")} <= {
        3,
        5,
        6,
        9,
        10,
    }
    for table in (searches_csv(found), curves_csv(found)):
        for row in csv.reader(io.StringIO(table)):
            assert not [cell for cell in row if cell.startswith(("=", "+", "@"))]
            assert all(cell.isprintable() for cell in row)


def test_numbers_of_a_report_have_an_end(ten: list[Path]):
    found = report(*ten)
    usage = Usage(10**18, 10**18, 10**18, 1e18)
    scores = (float("nan"), float("inf"), 1e308, -1e308, 0.5)
    changes = {
        "candidates": 10**400,
        "env_steps": -(10**400),
        "training_s": 1e308,
        "usage": usage,
        "search_score": 1e308,
    }
    searches = tuple(replace(row, **changes, fresh_scores=(1e308,)) for row in found.searches)
    methods = tuple(
        replace(row, scores=scores, human_normalised=float("inf"), mean=1e308) for row in found.methods
    )
    text = markdown(replace(found, searches=searches, methods=methods))
    assert max(map(len, text.splitlines())) < 300
