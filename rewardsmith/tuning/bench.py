"""Tuning one reward: batches of settings, then the best of them on fresh seeds."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean

from rewardsmith.contracts import Executor, Race, Task, TrainingJob, TrainingProgress
from rewardsmith.executors.collect import Ended, train_all
from rewardsmith.reward.guard import Guard
from rewardsmith.reward.standalone import standalone
from rewardsmith.seeds import derive
from rewardsmith.training.racing import with_rivals
from rewardsmith.tuning.folder import WRITTEN, Confirmed, Setting, Tuned, Tuning, add_setting, write_result
from rewardsmith.tuning.numbers import Number, find_numbers, with_numbers
from rewardsmith.tuning.tuner import Tuner


@dataclass(frozen=True)
class Bench:
    """All that tuning needs."""

    tuning: Tuning
    task: Task
    guard: Guard
    executor: Executor
    folder: Path
    observe: Callable[[TrainingProgress], None]

    @property
    def numbers(self) -> tuple[Number, ...]:
        """What may change."""
        return find_numbers(self.tuning.source)

    def source(self, setting: Setting) -> str:
        """The reward with the numbers of a setting."""
        return with_numbers(self.tuning.source, self.numbers, setting.values)


def tune(bench: Bench, known: Sequence[Setting], show: Callable[[Setting], None]) -> Tuned | None:
    """Try settings, confirm the best of them, and keep what came of it.

    Args:
        bench: What to tune, and with what.
        known: Settings at their end, of an earlier process.
        show: Hears of each setting at its end.

    Returns:
        What came of it; ``None`` where no setting has a score.
    """
    tuner, done = Tuner(bench.numbers, derive("tune", bench.tuning.seed)), list[Setting]()
    there = {setting.number: setting for setting in known if setting.fresh is None}
    while len(done) < bench.tuning.settings:
        values = tuner.ask(min(bench.tuning.at_a_time, bench.tuning.settings - len(done)))
        batch = dict(enumerate(values, start=len(done)))
        for setting in _tried(bench, {n: one for n, one in batch.items() if n not in there}, there):
            there[setting.number] = setting
            add_setting(bench.folder, setting)
            show(setting)
        done += [there[number] for number in batch]
        tuner.tell([there[number].told(bench.tuning.env_steps) for number in batch])
    scored = sorted((one for one in done if one.score), key=_rank)
    if not scored:
        return None
    chosen = [done[WRITTEN], *(one for one in scored if one.number != WRITTEN)][: 1 + bench.tuning.finalists]
    confirmed = _confirmed(bench, chosen, [setting for setting in known if setting.fresh is not None])
    best, is_told = told_apart(confirmed) if bench.tuning.fresh_seeds else (scored[0].number, False)
    steps = sum(setting.env_steps for setting in done) + sum(one.env_steps for one in confirmed)
    tuned = Tuned(best, done[best].values, tuple(confirmed), tuner.importance(), steps, is_told)
    program = bench.guard.check(bench.source(done[best]), bench.task).program
    write_result(bench.folder, tuned, standalone(program, bench.tuning.task))
    return tuned


def told_apart(confirmed: Sequence[Confirmed]) -> tuple[int, bool]:
    """Who has the best mean on fresh seeds, and whether it is better than the written numbers.

    It is where the difference is more than two of its standard errors, by the luck that all of them
    share. Else the written numbers stay: the best of several means is the luckiest.
    """
    means = {one.number: _mean(one.fresh) for one in confirmed}
    best = max(means, key=lambda number: means[number])
    if best == WRITTEN or means[WRITTEN] == -math.inf:
        return best, best != WRITTEN
    known = [[score for score in one.fresh if score is not None] for one in confirmed]
    freedom = sum(len(scores) - 1 for scores in known if scores)
    squares = sum((score - fmean(scores)) ** 2 for scores in known for score in scores)
    episodes = fmean(error**2 for one in confirmed for error in one.errors)
    luck = max(squares / freedom if freedom else 0.0, episodes)
    is_told = means[best] - means[WRITTEN] > 2.0 * math.sqrt(2.0 * luck / len(known[0]))
    return (best, True) if is_told else (WRITTEN, False)


def _rank(setting: Setting) -> tuple[float, int]:
    assert setting.score
    return -setting.score.mean, setting.number


def _mean(scores: Sequence[float | None]) -> float:
    known = [score for score in scores if score is not None]
    return fmean(known) if len(known) == len(scores) and known else -math.inf


def _tried(
    bench: Bench, new: Mapping[int, Mapping[str, float]], there: Mapping[int, Setting]
) -> Iterator[Setting]:
    """Check settings and train them side by side; each as it ends.

    A race compares each with those of lower numbers, whenever they were trained.
    """
    race = Race() if bench.tuning.halving else None
    jobs: list[TrainingJob] = []
    for number, values in new.items():
        verdict = bench.guard.check(with_numbers(bench.tuning.source, bench.numbers, values), bench.task)
        if not verdict.accepted:
            yield Setting(number, values, "REFUSED", cause=verdict.message)
            continue
        job = _job(bench, _name(number), verdict.program, ("setting", number), race)
        rungs = {_name(other): there[other].rungs for other in sorted(there) if other < number}
        jobs.append(with_rivals(job, rungs) if race else job)
    for ended in train_all(bench.executor, jobs, bench.tuning.episodes, bench.observe):
        number = int(ended.result.run.split("-")[1])
        yield _setting(number, new[number], ended)


def _name(number: int) -> str:
    return f"setting-{number:03d}"


def _job(
    bench: Bench, name: str, program: str, purpose: tuple[str, int], race: Race | None = None
) -> TrainingJob:
    return TrainingJob(
        name,
        program,
        derive("tune training", bench.tuning.seed, *purpose),
        str(bench.folder.resolve() / f"{name}.pt"),
        derive("tune episodes", bench.tuning.seed, purpose[0]),
        race=race,
    )


def _setting(number: int, values: Mapping[str, float], ended: Ended) -> Setting:
    result = ended.result
    state = "SCORED" if ended.score else str(result.fault or result.state)
    return Setting(number, values, state, result.env_steps, ended.score, result.rungs, result.cause)


def _confirmed(bench: Bench, chosen: Sequence[Setting], known: Sequence[Setting]) -> list[Confirmed]:
    """Settings on fresh seeds and fresh episodes, the same for all of them."""
    seeds = range(bench.tuning.fresh_seeds)
    there = {(setting.number, setting.fresh): setting for setting in known}
    jobs: list[TrainingJob] = []
    for setting in chosen:
        program = bench.guard.check(bench.source(setting), bench.task).program
        jobs += [
            _job(bench, f"fresh-{setting.number:03d}-{seed}", program, ("fresh", seed))
            for seed in seeds
            if (setting.number, seed) not in there
        ]
    by_number = {setting.number: setting for setting in chosen}
    for ended in train_all(bench.executor, jobs, bench.tuning.episodes, bench.observe):
        number, seed = map(int, ended.result.run.split("-")[1:])
        found = replace(_setting(number, by_number[number].values, ended), fresh=seed)
        add_setting(bench.folder, found)
        there[number, seed] = found
    return [
        Confirmed(
            setting.number,
            setting.score.mean if setting.score else None,
            tuple(score.mean if (score := one.score) else None for one in own),
            tuple(one.score.standard_error for one in own if one.score),
            sum(one.env_steps for one in own),
        )
        for setting in chosen
        for own in [[there[setting.number, seed] for seed in seeds]]
    ]
