"""A whole tuning without physics: what is tried, kept, confirmed, and tried again after a kill."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from rewardsmith.contracts import Report, ScoringJob, Task, TrainingJob, TrainingResult
from rewardsmith.errors import StoreError, UsageError
from rewardsmith.records import Fault, Rung, RunState, Score
from rewardsmith.registry import TASKS
from rewardsmith.reward.guard import Guard
from rewardsmith.training.ppo import PpoSettings
from rewardsmith.tuning.bench import Bench, told_apart, tune
from rewardsmith.tuning.folder import (
    RESULT,
    REWARD,
    SETTINGS,
    Confirmed,
    Setting,
    Tuned,
    Tuning,
    add_setting,
    claim,
    open_tuning,
    read_settings,
    write_result,
)
from rewardsmith.tuning.numbers import find_numbers

SOURCE = """def compute_reward(tcp_pos, goal_pos):
    temp = 0.2
    d = torch.norm(tcp_pos - goal_pos, dim=-1)
    near = torch.exp(-d / temp)
    return near, {"near": near}
"""
ASKED = Tuning("franka-reach", "a.py", SOURCE, "population", "cpu", 1000, 10, 4, False, 0, 128, 2, 2)


@pytest.fixture(scope="module")
def task() -> Task:
    return TASKS.load("franka-reach")


@pytest.fixture(scope="module")
def guard() -> Iterator[Guard]:
    guard = Guard(PpoSettings())
    yield guard
    guard.close()


@dataclass
class ByNumber:
    """Scores a program by its temperature, best at 0.5; one training may end it all or fail."""

    stop_at: str = ""
    fails: str = ""
    trained: list[str] = field(default_factory=list)
    reports: deque[Report] = field(default_factory=deque)
    programs: dict[str, str] = field(default_factory=dict)

    def widen(self, width: int) -> None: ...
    def close(self) -> None: ...

    def train(self, job: TrainingJob, scoring: ScoringJob) -> None:
        if job.run == self.stop_at:
            self.reports.append(Report(result=None))
            return
        self.trained.append(job.run)
        self.programs[job.run] = job.program
        if job.run == self.fails:
            failed = TrainingResult(job.run, RunState.FAILED, Fault.DIVERGED, "not finite", env_steps=10)
            self.reports.append(Report(result=failed))
            return
        self.reports.append(Report(result=TrainingResult(job.run, RunState.TRAINED, env_steps=1000)))
        self.score(scoring)

    def score(self, job: ScoringJob) -> None:
        temp = float(self.programs[job.run].split("temp = ")[1].split()[0])
        mean = max(0.0, 1.0 - abs(temp - 0.5))
        self.reports.append(Report(score=(job.run, Score(mean, 0.01, 128, seed=job.seed))))

    def next(self, timeout_s: float) -> Report | None:
        if not self.reports:
            raise KeyboardInterrupt
        return self.reports.popleft()


def go(folder: Path, executor: ByNumber, task: Task, guard: Guard, asked: Tuning = ASKED) -> list[int]:
    shown: list[int] = []
    bench = Bench(asked, task, guard, executor, folder, lambda _: None)
    tune(bench, claim(folder, asked), lambda setting: shown.append(setting.number))
    return shown


def test_the_best_numbers_on_fresh_seeds_win(tmp_path: Path, task: Task, guard: Guard):
    executor = ByNumber()
    shown = go(tmp_path / "t", executor, task, guard)
    _, settings, tuned = open_tuning(tmp_path / "t")
    assert tuned is not None
    assert sorted(shown) == list(range(10))
    assert len(settings) == 10 + 3 * 2
    assert tuned.confirmed[0].number == 0
    assert abs(tuned.values["temp"] - 0.5) < 0.15
    assert tuned.env_steps == 16 * 1000
    reward = (tmp_path / "t" / REWARD).read_text()
    assert "\nimport torch\n" in reward  # it runs as it stands
    assert find_numbers(reward)[0].value == tuned.values["temp"]
    assert tuned.is_told


def test_seeds_of_the_confirmation_are_shared_and_fresh(tmp_path: Path, task: Task, guard: Guard):
    jobs: list[TrainingJob] = []

    class Seen(ByNumber):
        def train(self, job: TrainingJob, scoring: ScoringJob) -> None:
            jobs.append(job)
            super().train(job, scoring)

    go(tmp_path / "t", Seen(), task, guard)
    search = [job for job in jobs if job.run.startswith("setting")]
    fresh = [job for job in jobs if job.run.startswith("fresh")]
    assert len({job.seed for job in search}) == 10
    assert len({job.seed for job in fresh}) == 2
    assert not {job.seed for job in fresh} & {job.seed for job in search}
    assert len({job.evaluation_seed for job in search}) == len({job.evaluation_seed for job in fresh}) == 1
    assert fresh[0].evaluation_seed != search[0].evaluation_seed


@pytest.mark.parametrize("stop_at", ["setting-002", "setting-004", "setting-009", "fresh-000-1"])
def test_after_a_kill_it_goes_on_to_the_same_end(stop_at: str, tmp_path: Path, task: Task, guard: Guard):
    go(tmp_path / "whole", ByNumber(), task, guard)
    first, second = ByNumber(stop_at), ByNumber()
    with pytest.raises(KeyboardInterrupt):
        go(tmp_path / "t", first, task, guard)
    with (tmp_path / "t" / SETTINGS).open("ab") as file:
        file.write(b'{"number":3,"val')  # a kill in the middle of a line
    go(tmp_path / "t", second, task, guard)
    assert not set(first.trained) & set(second.trained)
    assert (tmp_path / "t" / RESULT).read_bytes() == (tmp_path / "whole" / RESULT).read_bytes()


def test_a_setting_more_leaves_the_others_as_they_are_on_the_disk(tmp_path: Path):
    add_setting(tmp_path, Setting(0, {"a": 1.0}, "SCORED"))
    before = (tmp_path / SETTINGS).stat().st_ino
    add_setting(tmp_path, Setting(1, {"a": 2.0}, "REFUSED"))
    assert (tmp_path / SETTINGS).stat().st_ino == before
    assert [one.number for one in read_settings(tmp_path)] == [0, 1]


def test_a_setting_that_fails_is_no_number(tmp_path: Path, task: Task, guard: Guard):
    go(tmp_path / "t", ByNumber(fails="setting-001"), task, guard)
    _, settings, _ = open_tuning(tmp_path / "t")
    failed = next(one for one in settings if one.number == 1)
    assert (failed.state, failed.told(1000), failed.cause) == ("DIVERGED", None, "not finite")


def test_without_fresh_seeds_the_best_score_is_taken_at_its_word(tmp_path: Path, task: Task, guard: Guard):
    asked = replace(ASKED, fresh_seeds=0)
    go(tmp_path / "t", ByNumber(), task, guard, asked)
    _, settings, tuned = open_tuning(tmp_path / "t")
    assert tuned is not None
    best = max(settings, key=lambda one: one.score.mean if one.score else 0.0)
    assert (tuned.best, tuned.env_steps) == (best.number, 10_000)


def test_another_tuning_in_the_folder_is_refused(tmp_path: Path):
    claim(tmp_path / "t", ASKED)
    with pytest.raises(UsageError, match="holds another tuning"):
        claim(tmp_path / "t", replace(ASKED, seed=1))
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match="exists already"):
        claim(tmp_path / "other", ASKED)


@pytest.mark.parametrize("name", ["tuning.json", SETTINGS, RESULT])
def test_what_is_forged_is_refused(name: str, tmp_path: Path):
    claim(tmp_path / "t", ASKED)
    (tmp_path / "t" / name).write_text(json.dumps({"number": -1, "values": {"a": "x"}}) + "\n")
    with pytest.raises(StoreError, match="is no tuning"):
        open_tuning(tmp_path / "t")


def test_a_result_is_written_anew(tmp_path: Path):
    """Not into a file that has another name elsewhere, and not half where it is stopped."""
    folder, other = tmp_path / "t", tmp_path / "other.py"
    claim(folder, ASKED)
    other.write_text("mine")
    for name in (REWARD, RESULT):
        (folder / name).hardlink_to(other)
    write_result(folder, Tuned(0, {}, (), {}, 1, False), SOURCE)
    assert other.read_text() == "mine"
    assert (folder / REWARD).read_text() == SOURCE


def test_evicted_settings_are_told_with_their_last_score():
    rungs = tuple(Rung(steps, Score(mean, 0.0, 2), 1, 1) for steps, mean in ((250, 0.1), (500, 0.2)))
    assert Setting(0, {}, "EVICTED", rungs=rungs).told(1000) == (0.2, 0.5)
    assert Setting(0, {}, "EVICTED").told(1000) is None
    assert Setting(0, {}, "SCORED", score=Score(0.5, 0.0, 2), rungs=rungs).told(1000) == (0.5, 1.0)


def confirmed(number: int, *fresh: float | None, error: float = 0.01) -> Confirmed:
    return Confirmed(number, 0.5, fresh, tuple(error for score in fresh if score is not None), 10)


@pytest.mark.parametrize(
    ("others", "best"),
    [
        # luck: (0.02 + 0.02 + 0) / 3 degrees of freedom, so two standard errors are 2 * 0.1155
        ([confirmed(3, 0.6, 0.8), confirmed(5, 0.5, 0.5)], (3, True)),
        ([confirmed(3, 0.45, 0.65), confirmed(5, 0.5, 0.5)], (0, False)),
        # luck: 0.02 / 2, so two standard errors are 0.2; the episodes' luck is less than that
        ([confirmed(3, 0.61, 0.61, error=0.1)], (3, True)),
        ([confirmed(3, 0.59, 0.59, error=0.1)], (0, False)),
        # of the episodes (0.01 ** 2 + 0.3 ** 2) / 2, so two standard errors are 0.42
        ([confirmed(3, 0.81, 0.81, error=0.3)], (0, False)),
        ([confirmed(3, 0.83, 0.83, error=0.3)], (3, True)),
        ([confirmed(3, 0.9, None)], (0, False)),
        ([], (0, False)),
    ],
)
def test_the_written_numbers_stay_unless_others_are_better_by_more_than_luck(
    others: list[Confirmed], best: tuple[int, bool]
):
    assert told_apart([confirmed(0, 0.3, 0.5), *others]) == best


def test_where_the_written_numbers_fail_the_best_wins():
    assert told_apart([confirmed(0, None, 0.9), confirmed(2, 0.1, 0.1)]) == (2, True)
