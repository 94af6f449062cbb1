"""A new leader gets other numbers before its strategy hears of it: what is tried and told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from rewardsmith import runner
from rewardsmith.budget import Budget
from rewardsmith.cli.decisions_view import decisions
from rewardsmith.config import StudyConfig
from rewardsmith.contracts import Brief, Ledger, Report, ScoringJob, Task, TrainingJob, TrainingResult
from rewardsmith.errors import StoreError, UsageError
from rewardsmith.feedback.feedback import Seen, gather
from rewardsmith.parts import Parts, assemble
from rewardsmith.records import (
    Curve,
    Draft,
    Event,
    Fault,
    Proposal,
    Purpose,
    Rung,
    RunState,
    Score,
    Trial,
    TunedNumbers,
)
from rewardsmith.registry import TASKS
from rewardsmith.reports.spent import budgeted
from rewardsmith.reports.summary import summarise_study
from rewardsmith.retuning import spent_on_tuning
from rewardsmith.reward.guard import Guard
from rewardsmith.spending import count
from rewardsmith.study import Study
from rewardsmith.training.ppo import PpoSettings
from tests.builders import keep, trained
from tests.searching import AtOnce, Author, Fours, Silent

SETTINGS = PpoSettings(env_steps=6144)
WHOLE = SETTINGS.whole_steps
TEMPERATURES = {"c000": 0.1, "c001": 0.2, "c002": 0.05, "c003": 0.02}
CONFIG = StudyConfig(
    "franka-reach", candidates=40, finalists=1, final_seeds=0, baselines=False, tune=10, repairs=0
)


def source(temperature: float) -> str:
    return (
        "def compute_reward(tcp_pos, goal_pos):\n"
        f"    temperature = {temperature}  # 0.01 to 1.0\n"
        "    near = torch.exp(-torch.norm(tcp_pos - goal_pos, dim=-1) / temperature)\n"
        '    return near, {"near": near}\n'
    )


def worth(program: str) -> float:
    """Best at a temperature of 0.5."""
    temperature = float(program.split("temperature = ")[1].split()[0])
    return round(1.0 - abs(temperature - 0.5), 4)


def poor_settings(run: str, program: str) -> float:
    return 0.4 if "-tune-" in run else worth(program)


@dataclass
class ByNumber(AtOnce):
    """Scores a program by its temperature, and by the purpose of the run; may be stopped at one."""

    stop_at: str = ""
    value: Callable[[str, str], float] = lambda run, program: worth(program)
    outcome: Callable[[str], RunState] = lambda run: RunState.TRAINED
    jobs: dict[str, TrainingJob] = field(default_factory=dict)
    programs: dict[str, str] = field(default_factory=dict)

    def train(self, job: TrainingJob, scoring: ScoringJob) -> None:
        if job.run == self.stop_at:
            raise KeyboardInterrupt
        self.jobs[job.run], self.programs[job.run] = job, job.program
        state = self.outcome(job.run)
        rungs = (Rung(WHOLE // 4, Score(0.01, 0.0, 8), 1, 1),) if state == RunState.EVICTED else ()
        fault = Fault.DIVERGED if state == RunState.FAILED else None
        steps = WHOLE // 4 if state == RunState.EVICTED else WHOLE
        near = (Curve("near", (0.1, 0.2)),)
        success = (
            Curve("success", (0.0, 0.5)),
            Curve("episode_length", (1.0, 1.0)),
            Curve("total", (0.1, 0.2)),
        )
        result = TrainingResult(job.run, state, fault, "because", steps, 1.0, near, near, success, rungs)
        self.reports.append(Report(result=result))
        if state == RunState.TRAINED:
            self.score(scoring)

    def score(self, job: ScoringJob) -> None:
        mean = self.value(job.run, self.programs[job.run])
        self.reports.append(Report(score=(job.run, Score(mean, 0.01, 128, seed=job.seed))))


class Temperatures(Author):
    """Writes a program with one number for each candidate, and remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.briefs: dict[str, Brief] = {}

    def write(self, brief: Brief, ledger: Ledger) -> Draft:
        self.briefs[brief.candidate] = brief
        return Draft(brief.candidate, "an idea", source(TEMPERATURES.get(brief.candidate, 0.03)))


@pytest.fixture(scope="module")
def task() -> Task:
    return TASKS.load("franka-reach")


@pytest.fixture(scope="module")
def guard() -> Iterator[Guard]:
    guard = Guard(SETTINGS)
    yield guard
    guard.close()


@dataclass
class Search:
    """One search of a study, and all that it is watched by."""

    guard: Guard
    task: Task
    executor: ByNumber = field(default_factory=ByNumber)
    writer: Temperatures = field(default_factory=Temperatures)
    strategy: Fours = field(default_factory=Fours)

    def go(self, study: Study) -> Search:
        parts = Parts(self.task, self.strategy, self.writer, self.guard, self.executor, SETTINGS)
        runner.run(study, parts, Silent())
        return self


def leader_of(study: Study) -> tuple[Trial, TunedNumbers]:
    """The first leader, and how its numbers were looked for."""
    trial = study.trial("c001")
    assert trial
    assert trial.candidate.tuned
    return trial, trial.candidate.tuned


def ending(prefix: str, state: RunState) -> Callable[[str], RunState]:
    """Runs whose names hold this end so, and all others as they should."""
    return lambda run: state if prefix in run else RunState.TRAINED


def numbers(study: Study, purpose: Purpose) -> list[str]:
    return [run.id for run in study.runs_for(purpose)]


def test_the_best_of_a_batch_is_tuned_and_told_by_its_score_on_a_fresh_seed(
    guard: Guard, task: Task, tmp_path: Path
):
    def value(run: str, program: str) -> float:
        return worth(program) - 0.1 * ("-tuned-" in run)

    search = Search(guard, task, ByNumber(value=value))
    with Study.create(tmp_path / "s", CONFIG) as study:
        search.go(study)
        first = search.strategy.heard[0]
        leader, tuned = leader_of(study)
        assert leader.score
        assert (tuned.settings, tuned.kept, tuned.source) == (10, False, source(0.2))
        assert [number.name for number in tuned.numbers] == ["temperature"]
        assert tuned.numbers[0].written == 0.2
        best = max(score.mean for run in study.runs_for(Purpose.TUNE) if (score := study.score(run)))
        assert best == pytest.approx(1.0 - abs(tuned.numbers[0].best - 0.5), abs=1e-3)
        # the score on the fresh seed is told, and not the best of ten
        assert first["c001"] == pytest.approx(best - 0.1)
        assert {name: first[name] for name in ("c000", "c002", "c003")} == pytest.approx(
            {"c000": 0.6, "c002": 0.55, "c003": 0.52}
        )
        assert leader.run
        assert leader.run.id == "c001-tuned-1"
        assert leader.state == "SCORED"
        assert leader.candidate.source == source(tuned.numbers[0].best)
        assert len(numbers(study, Purpose.TUNE)) == 10
        assert study.winner
        assert study.winner.id == "c001"


def test_settings_share_the_seed_of_the_leader_and_race_each_other_only(
    guard: Guard, task: Task, tmp_path: Path
):
    search = Search(guard, task)
    with Study.create(tmp_path / "s", CONFIG) as study:
        search.go(study)
        runs = study.store.runs()
    settings = [job for name, job in search.executor.jobs.items() if "-tune-" in name]
    assert {job.seed for job in settings} == {runs["c001-search-0"].seed}
    assert all(job.race and job.group == "c001" and not job.repeats for job in settings)
    fresh = [search.executor.jobs[f"c001-tuned-{number}"] for number in (0, 1)]
    assert len({job.seed for job in fresh}) == 1
    assert fresh[0].seed != runs["c001-search-0"].seed
    assert not any(job.race for job in fresh)
    seeds = {settings[0].evaluation_seed, fresh[0].evaluation_seed}
    assert len(seeds | {search.executor.jobs["c001-search-0"].evaluation_seed}) == 3


def test_the_written_numbers_stay_where_the_best_setting_was_only_lucky(
    guard: Guard, task: Task, tmp_path: Path
):
    def value(run: str, program: str) -> float:
        return {"c001-tuned-0": 0.66, "c001-tuned-1": 0.65}.get(run, worth(program))

    search = Search(guard, task, ByNumber(value=value))
    with Study.create(tmp_path / "s", CONFIG) as study:
        search.go(study)
        trial, tuned = leader_of(study)
        assert tuned.kept
        assert trial.candidate.source == source(0.2)
        assert [score.mean for score in trial.scores] == [0.7, 0.66]
        assert search.strategy.heard[0]["c001"] == pytest.approx(0.68)


def test_where_no_setting_is_better_nothing_is_trained_on_a_fresh_seed(
    guard: Guard, task: Task, tmp_path: Path
):
    search = Search(guard, task, ByNumber(value=poor_settings))
    with Study.create(tmp_path / "s", CONFIG) as study:
        search.go(study)
        assert numbers(study, Purpose.TUNED) == []
        _, tuned = leader_of(study)
        assert tuned.kept
        assert search.strategy.heard[0]["c001"] == pytest.approx(0.7)


@pytest.mark.parametrize("outcome", [RunState.FAILED, RunState.EVICTED])
def test_settings_that_do_not_get_to_their_end_are_no_better(
    outcome: RunState, guard: Guard, task: Task, tmp_path: Path
):
    search = Search(guard, task, ByNumber(outcome=ending("-tune-", outcome)))
    with Study.create(tmp_path / "s", CONFIG) as study:
        search.go(study)
        _, tuned = leader_of(study)
        assert tuned.kept
        taken = 10 if outcome == RunState.FAILED else 3  # ten quarters, rounded up
        assert spent_on_tuning(study, WHOLE) == taken
        assert len(study.candidates) == 40 - taken


def test_a_fresh_training_that_fails_counts_for_the_other(guard: Guard, task: Task, tmp_path: Path):
    for failing, kept in (("c001-tuned-0", False), ("c001-tuned-1", True)):
        with Study.create(tmp_path / failing, CONFIG) as study:
            Search(guard, task, ByNumber(outcome=ending(failing, RunState.FAILED))).go(study)
            trial, tuned = leader_of(study)
            assert tuned.kept == kept
            assert trial.score


def test_all_of_it_is_paid_from_the_same_budget(guard: Guard, task: Task, tmp_path: Path):
    search = Search(guard, task)
    with Study.create(tmp_path / "s", CONFIG) as study:
        search.go(study)
        assert len(study.runs) == 40
        assert len(study.candidates) == 28
        summary = summarise_study(study)
        assert summary.totals.trainings == 40
        row = next(row for row in summary.candidates if row.id == "c001")
        assert row.env_steps == 13 * WHOLE


def test_only_what_beats_all_before_is_tuned_and_says_why(guard: Guard, task: Task, tmp_path: Path):
    search = Search(guard, task)
    with Study.create(tmp_path / "s", CONFIG) as study:
        search.go(study)
        (decision,) = [event for event in study.store.events() if event.kind == "tune"]
        told = list(decisions(study))
    assert told[0].startswith("new programs: c000 c001 c002 c003 (room for 40 of 40 trainings")
    assert told[1] == f"other numbers: c001 ({decision.reason})"
    assert decision.candidates == ("c001",)
    assert decision.reason == (
        "c001 leads 4 programs with 0.700, the next has 0.600: 10 other settings of its numbers"
    )


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_a_leader_that_learnt_nothing_or_everything_is_not_tuned(
    level: float, guard: Guard, task: Task, tmp_path: Path
):
    search = Search(guard, task, ByNumber(value=lambda run, program: level))
    with Study.create(tmp_path / "s", CONFIG) as study:
        search.go(study)
        assert not study.runs_for(Purpose.TUNE)
        assert len(study.candidates) == 40


@pytest.mark.parametrize(("candidates", "settings"), [(4, 0), (9, 0), (10, 4), (13, 7), (40, 10)])
def test_little_budget_means_few_settings_or_none(
    candidates: int, settings: int, guard: Guard, task: Task, tmp_path: Path
):
    with Study.create(tmp_path / "s", replace(CONFIG, candidates=candidates)) as study:
        Search(guard, task).go(study)
        assert len(study.runs_for(Purpose.TUNE)) == settings
        assert len(study.runs) == candidates


@pytest.mark.parametrize(
    "stop_at",
    [
        "c002-search-0",
        "c001-tune-0",
        "c001-tune-3",
        "c001-tune-9",
        "c001-tuned-0",
        "c001-tuned-1",
        "c004-search-0",
    ],
)
def test_a_resumed_search_tries_the_same_and_tells_the_same(
    stop_at: str, guard: Guard, task: Task, tmp_path: Path
):
    with Study.create(tmp_path / "whole", CONFIG) as study:
        whole = Search(guard, task).go(study).strategy.heard
        runs = {run.id: (run.program, run.seed) for run in study.runs}
    with Study.create(tmp_path / "s", CONFIG) as study, pytest.raises(KeyboardInterrupt):
        Search(guard, task, ByNumber(stop_at=stop_at)).go(study)
    with Study.open(tmp_path / "s", write=True) as study:
        assert Search(guard, task).go(study).strategy.heard == whole
        assert {run.id: (run.program, run.seed) for run in study.runs} == runs
        assert sum(event.kind == "tune" for event in study.store.events()) == 1


def test_children_are_written_from_the_tuned_program(guard: Guard, task: Task, tmp_path: Path):
    search = Search(guard, task)
    with Study.create(tmp_path / "s", CONFIG) as study:
        search.go(study)
        trial, tuned = leader_of(study)
    (parent,) = search.writer.briefs["c004"].parents
    assert parent.candidate.id == "c001"
    assert parent.candidate.source == trial.candidate.source != source(0.2)
    assert "An optimiser tried 10 other settings" in parent.feedback
    assert f"- temperature: 0.2 to {tuned.numbers[0].best:.3g}" in parent.feedback


def test_a_program_whose_numbers_stay_is_told_of_its_structure(guard: Guard, task: Task, tmp_path: Path):
    search = Search(guard, task, ByNumber(value=poor_settings))
    with Study.create(tmp_path / "s", CONFIG) as study:
        search.go(study)
        trial = study.trial("c001")
    assert trial
    text = gather(trial, Seen((), {}, 10, True, {})).text
    assert "found none that is better on a fresh seed: what holds it back is its structure" in text


def test_another_version_of_the_optimiser_is_told_apart(
    guard: Guard, task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with Study.create(tmp_path / "s", CONFIG) as study, pytest.raises(KeyboardInterrupt):
        Search(guard, task, ByNumber(stop_at="c001-tuned-0")).go(study)
    from rewardsmith.tuning.tuner import Tuner, Values

    ask = Tuner.ask

    def other(self: Tuner, count: int) -> Sequence[Values]:
        return [{name: 1.01 * value for name, value in one.items()} for one in ask(self, count)]

    monkeypatch.setattr(Tuner, "ask", other)
    with Study.open(tmp_path / "s", write=True) as study, pytest.raises(StoreError, match="other numbers"):
        Search(guard, task).go(study)


class Eager(Fours):
    """Hears of each candidate as it ends."""

    barrier = False

    def ask(self, names: Sequence[str]) -> list[Proposal]:
        return [Proposal("initial")] * len(names)


def test_without_a_barrier_others_are_told_of_meanwhile(guard: Guard, task: Task, tmp_path: Path):
    def value(run: str, program: str) -> float:
        return 0.95 if run == "c005-search-0" else poor_settings(run, program)

    search = Search(guard, task, ByNumber(value=value), strategy=Eager())
    with Study.create(tmp_path / "s", replace(CONFIG, in_flight=4)) as study:
        search.go(study)
        tuned = [name for event in study.store.events() if event.kind == "tune" for name in event.candidates]
        assert "c005" in tuned
        assert len(study.candidates) + spent_on_tuning(study, WHOLE) == 40
        told = [name for event in study.store.events() if event.kind == "told" for name in event.candidates]
        assert len(told) == len(set(told)) == len(study.candidates)


def test_only_a_trainer_that_ends_trainings_early_can_do_that(tmp_path: Path):
    config = StudyConfig("franka-reach", trainer="rl-games", tune=8)
    with pytest.raises(UsageError, match="--tune 8 needs a trainer that can end trainings early"):
        assemble(config, tmp_path / "s")


@pytest.mark.parametrize("settings", [-1, 10_001])
def test_impossible_settings(settings: int):
    with pytest.raises(UsageError, match="tune is"):
        StudyConfig("toy", tune=settings).check()


def test_settings_race_in_one_worker():
    with pytest.raises(UsageError, match="Leave out --tune"):
        StudyConfig("toy", tune=8, workers=2).check()


def test_steps_are_a_budget_of_their_own(guard: Guard, task: Task, tmp_path: Path):
    """What evicted settings save goes to more candidates."""
    how = ending("-tune-", RunState.EVICTED)
    config = replace(CONFIG, candidates=1000, max_steps=20 * WHOLE + WHOLE // 2)
    with Study.create(tmp_path / "s", config) as study:
        Search(guard, task, ByNumber(outcome=how)).go(study)
        taken: Mapping[Purpose, int] = {
            purpose: sum(run.env_steps for run in study.runs_for(purpose)) for purpose in Purpose
        }
        assert taken[Purpose.TUNE] == 10 * (WHOLE // 4)
        # of twenty and a half trainings, settings took two and a half
        assert len(study.candidates) == 18
        assert study.store.value("finished")


def test_a_budget_of_steps_is_checked():
    with pytest.raises(UsageError, match="max_steps is 0"):
        StudyConfig("toy", max_steps=0).check()


def test_steps_of_settings_that_are_due_are_set_aside(tmp_path: Path):
    """Without a barrier more is asked for meanwhile, which must not take the steps of these."""
    with Study.create(tmp_path / "s", replace(CONFIG, max_steps=100 * WHOLE)) as study:
        keep(study, trained("c000", 0.5))
        study.store.add_event(Event("tune", ("c000",), 10, "a leader"))
        budget = Budget(100, max_steps=100 * WHOLE, whole_steps=WHOLE, proposed=1)
        count(study, budget, {})
        assert budget.steps == 12 * WHOLE + sum(run.env_steps for run in study.runs)


def test_a_forged_decision_about_nobody_is_a_clear_error(guard: Guard, task: Task, tmp_path: Path):
    with Study.create(tmp_path / "s", CONFIG) as study:
        study.store.add_event(Event("tune", ("c007", "c008"), 10))
        assert budgeted(study) == 24
        with pytest.raises(StoreError, match="c007 is missing"):
            Search(guard, task).go(study)


def test_a_search_for_numbers_without_any_is_refused_when_it_is_read():
    with pytest.raises(ValidationError, match="numbers"):
        TypeAdapter(TunedNumbers).validate_python({"source": "", "settings": 1, "numbers": [], "kept": False})
