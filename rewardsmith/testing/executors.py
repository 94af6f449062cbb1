"""What an executor owes a search (see :class:`rewardsmith.contracts.Executor`)."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from rewardsmith.contracts import Executor
from rewardsmith.records import RunState
from rewardsmith.registry import TASKS, missing_parts
from rewardsmith.testing.executor_bench import ExecutorCase, scoring
from rewardsmith.testing.feeding import EPISODES
from rewardsmith.testing.programs import diverging

__all__ = ["CHECKS", "ExecutorCase"]

_SLACK_S, _END_S = 5.0, 5.0


def it_has_all_parts(case: ExecutorCase) -> None:
    """It offers what the protocol lists."""
    missing = missing_parts(case.plugin, Executor)
    assert not missing, f"it lacks {', '.join(missing)}. Add what rewardsmith.contracts.Executor lists"


def every_training_gives_one_result_and_its_score(case: ExecutorCase) -> None:
    """More trainings than may be under way.

    Each ends once, is scored once as it asked, and then all is said.
    """
    with case.working() as bench:
        bench.executor.widen(2)
        jobs = [bench.job(name, case.program, seed) for seed, name in enumerate("abc")]
        bench.train(*jobs)
        rest = bench.listen(0.5)
        assert rest is None or rest.progress, f"all work is done, and it says {rest}. Say each thing once"
        for job in jobs:
            result, scores = bench.results[job.run], bench.scores[job.run]
            assert result.state == RunState.TRAINED, (
                f"{job.run} is {result.state}: {result.cause}. Its program is sound"
            )
            assert len(scores) == 1, f"{job.run} was scored {len(scores)} times. Its scoring was queued once"
            found, wanted = (scores[0].seed, scores[0].episodes), (job.evaluation_seed, EPISODES)
            assert found == wanted, (
                f"{job.run} was scored with seed and episodes {found}, and {wanted} was asked for"
            )


def files_lie_where_jobs_say(case: ExecutorCase) -> None:
    """The policy once there is a result, the kept episodes once there is a score."""
    with case.working() as bench:
        job = bench.job("a", case.program)
        bench.train(job)
        for file, what in ((job.policy, "policy"), (job.episodes, "kept episodes")):
            assert Path(file).is_file(), (
                f"a run is trained and scored, and its {what} are not at {file}. Bring them there"
            )


def a_bad_program_costs_only_itself(case: ExecutorCase) -> None:
    """It fails by its own fault, has no score, and changes nothing of what is trained beside it."""
    with case.working() as bench:
        bench.executor.widen(2)
        good, bad = bench.job("good", case.program, 1), bench.job("bad", diverging(TASKS.load(case.task)), 2)
        bench.train(good, bad)
        result, beside = bench.results["bad"], (bench.results["good"], bench.scores.get("good"))
        assert result.state == RunState.FAILED, (
            f"a program whose reward is no number is {result.state}, not FAILED"
        )
        assert result.fault, "a failed run has no fault. Say what the program did"
        assert result.cause, "a failed run has no cause. Say why it failed, in words"
        assert "bad" not in bench.scores, "a failed run has a score. A failure has no number"
    with case.working() as bench:
        bench.train(bench.job("good", case.program, 1))
        alone = bench.results["good"], bench.scores["good"]
    assert beside == alone, (
        f"beside a program that fails a sound one gave {beside}, and alone {alone}. They share nothing"
    )


def progress_is_told(case: ExecutorCase) -> None:
    """Of runs that were queued, never beyond the whole."""
    with case.working() as bench:
        bench.train(bench.job("a", case.program))
        assert bench.progress, "a training ended, and nothing was said before. Tell of progress now and then"
        for progress in bench.progress:
            unknown = {run for run, _ in progress.success} - {"a"}
            assert not unknown, f"progress is told of {sorted(unknown)}, and queued was a"
            steps = progress.env_steps, progress.total_steps
            assert 0 <= steps[0] <= steps[1], f"progress tells of {steps[0]} steps of {steps[1]}"


def next_comes_back_after_its_timeout(case: ExecutorCase) -> None:
    """With nothing to do at once, and with work under way about when it was to."""
    with case.working() as bench:
        started = time.monotonic()
        report = bench.executor.next(0.2)
        assert report is None, f"nothing was queued, and it says {report}"
        bench.queue(job := bench.job("a", case.program))
        bench.listen(0.1)
        took = time.monotonic() - started
        assert took < _SLACK_S, (
            f"next was to wait for 0.2 and 0.1 s, and took {took:.1f} s. Come back in time"
        )
        bench.finish(job)


def work_may_come_at_any_time(case: ExecutorCase) -> None:
    """While other work is under way, with more room than before, and after all was done."""
    with case.working() as bench:
        first, second, third = (bench.job(name, case.program, seed) for seed, name in enumerate("abc"))
        bench.queue(first)
        bench.listen(0.5)
        bench.executor.widen(2)
        bench.queue(second)
        bench.finish(first, second)
        bench.train(third)
        states = {run: str(result.state) for run, result in bench.results.items()}
    assert set(states.values()) == {str(RunState.TRAINED)}, (
        f"work that came late ended so: {states}. Its programs are sound"
    )


def a_saved_policy_can_be_scored_again(case: ExecutorCase) -> None:
    """By the same executor and by a new one, with the same score; another seed is another score."""
    with case.working() as bench:
        job = bench.job("a", case.program)
        bench.train(job)
        first = bench.scores["a"][0]
        again = bench.score(scoring(job))
        other = bench.score(replace(scoring(job), seed=12))
        with case.beside(bench.folder) as late:
            anew = late.score(scoring(job))
            assert not late.results, (
                f"only a scoring was queued, and there is a result: {late.results}. It trains nothing"
            )
    assert again == first, (
        f"a policy got the score {first}, and a second time {again}. The seed picks the episodes"
    )
    assert anew == first, f"a policy got the score {first}, and by a new executor {anew}"
    assert other.seed == 12, f"the seed 12 was asked for, and {other.seed} is said"


def close_ends_all_workers(case: ExecutorCase) -> None:
    """In the midst of work, and a second time nothing happens; so before any work."""
    before = _children()
    with case.working() as bench:
        bench.executor.close()
        bench.executor.close()
    with case.working() as bench:
        bench.queue(bench.job("a", case.program))
        bench.listen(3.0)
        bench.executor.close()
        deadline = time.monotonic() + _END_S
        while (left := _children() - before) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not left, f"it was closed, and its processes {sorted(left)} still run. End all workers"
        bench.executor.close()


def _children() -> set[int]:
    """Processes that this one started and that still run, as far as this system tells."""
    found: set[int] = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text(encoding="utf-8").rpartition(")")[2].split()[:2]
        except OSError:  # it ended meanwhile
            continue
        if int(parent) == os.getpid() and state != "Z":
            found.add(int(stat.parent.name))
    return found


CHECKS: tuple[Callable[[ExecutorCase], None], ...] = (
    it_has_all_parts,
    every_training_gives_one_result_and_its_score,
    files_lie_where_jobs_say,
    a_bad_program_costs_only_itself,
    progress_is_told,
    next_comes_back_after_its_timeout,
    work_may_come_at_any_time,
    a_saved_policy_can_be_scored_again,
    close_ends_all_workers,
)
