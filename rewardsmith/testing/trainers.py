"""What a trainer owes a search (see :class:`rewardsmith.contracts.Trainer`).

It is looked at with real physics at a tiny size.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from rewardsmith.contracts import SPARSE, Trainer, TrainingProgress
from rewardsmith.records import Fault, RunState
from rewardsmith.registry import missing_parts
from rewardsmith.testing.feeding import EPISODES, Feed, scored, train
from rewardsmith.testing.programs import NO_PROGRAM, diverging, misshapen, scaled
from rewardsmith.testing.trainer_bench import TrainerCase, content_of, same_result
from rewardsmith.training import policy_file
from rewardsmith.training.streams import environment_seeds

__all__ = ["CHECKS", "TrainerCase"]


def it_has_all_parts(case: TrainerCase) -> None:
    """It offers what the protocol lists, and says plainly what it can."""
    missing = missing_parts(case.plugin, Trainer)
    assert not missing, f"it lacks {', '.join(missing)}. Add what rewardsmith.contracts.Trainer lists"
    with case.working() as bench:
        trainer = bench.trainer
        said = trainer.can_race, trainer.can_start, trainer.starts_processes
    assert set(map(type, said)) == {bool}, (
        f"can_race, can_start and starts_processes are {said}. Say True or False"
    )


def every_job_gets_one_result(case: TrainerCase) -> None:
    """A program and the sparse reward are trained to the end, with a policy that can be scored."""
    with case.working() as bench:
        jobs = [bench.job("a"), bench.job("b", SPARSE)]
        found = bench.train(jobs)
        for run, result in found.items():
            end = result.state, result.fault, result.cause
            assert end == (RunState.TRAINED, None, ""), (
                f"{run} ended as {end}. It is sound, so it is TRAINED, without a fault"
            )
            steps = result.env_steps
            assert steps > 0, f"{run} is said to have taken {steps} steps. Count those that it took"
            lengths = {len(curve.values) for curve in result.progress + result.components + result.spreads}
            assert len(lengths) == 1, (
                f"the curves of {run} have {sorted(lengths)} values. Each has one for every epoch"
            )
            names = {curve.name for curve in result.progress}
            lacks = {"success", "episode_length", "total"} - names
            assert not lacks, f"the progress of {run} lacks {', '.join(sorted(lacks))}"
        assert found["a"].components, "a program has components, and its result has no curves of them"
        assert found["a"].env_steps == found["b"].env_steps, (
            "two trainings of the same settings took different numbers of steps"
        )
        for job in jobs:
            content_of(job)
        for run, score in scored(case.where, jobs, found).items():
            assert score.episodes == EPISODES, (
                f"{EPISODES} episodes of the policy of {run} were to be scored, not {score.episodes}"
            )
            fits = 0.0 <= score.mean <= 1.0 or case.where.has_metric
            assert fits, f"the policy of {run} has a success rate of {score.mean}"


def a_slot_equals_the_same_program_alone(case: TrainerCase) -> None:
    """To the bit: what is trained beside a program changes neither its curves nor its policy."""
    with case.working() as bench:
        other = scaled(case.where, 3.0)
        jobs = [
            bench.job("a", seed=1),
            bench.job("b", other, 2),
            bench.job("c", SPARSE, 3),
            bench.job("d", seed=4),
        ]
        bench.compare_alone(jobs)


def jobs_may_come_while_others_are_trained(case: TrainerCase) -> None:
    """Each gives what it gives alone."""
    with case.working() as bench:
        jobs = [bench.job("a", seed=1), bench.job("b", SPARSE, 2), bench.job("c", seed=3)]
        found = bench.train(Feed(jobs[:1], (), jobs[1:2], *[()] * 20, jobs[2:], width=2))
        assert sorted(found) == ["a", "b", "c"], (
            f"jobs a, b, c came by and by, and results are of {sorted(found)}"
        )
        for job in jobs:
            same_result(bench.train([job])[job.run], found[job.run])


def without_jobs_it_is_over(case: TrainerCase) -> None:
    """It ends, with nothing."""
    with case.working() as bench:
        found = train(bench.trainer, [])
    assert found == {}, f"there were no jobs, and there are results: {found}"


def the_seed_matters(case: TrainerCase) -> None:
    """The same program on another seed is another training."""
    with case.working() as bench:
        found = bench.train([bench.job("a", seed=1), bench.job("b", seed=2)])
    differ = found["a"].components != found["b"].components
    assert differ, (
        "the seeds 1 and 2 gave the same curves. Weights, episodes and exploration hang on the seed"
    )


def bad_programs_cost_only_themselves(case: TrainerCase) -> None:
    """Each is FAILED with its fault and a cause, has no policy, and changes nothing beside it."""
    with case.working() as bench:
        good = bench.train([bench.job("a", seed=1)])["a"]
        Path(bench.job("a").policy).unlink()
        bad = {"nan": diverging(case.where), "shape": misshapen(case.where), "text": NO_PROGRAM}
        jobs = [bench.job("a", seed=1), *(bench.job(run, program) for run, program in bad.items())]
        found = bench.train(jobs)
        same_result(good, found["a"])
        for run, fault in (("nan", Fault.DIVERGED), ("shape", Fault.CRASHED), ("text", Fault.CRASHED)):
            result = found[run]
            end = result.state, result.fault
            assert end == (RunState.FAILED, fault), (
                f"a bad program ({run}) ended as {end}, not as {(RunState.FAILED, fault)}"
            )
            assert result.cause, (
                f"a bad program ({run}) has no cause. Say what it did, so that a writer can repair it"
            )
        saved = [job.run for job in jobs if Path(job.policy).exists()]
        assert saved == ["a"], f"policies were saved of {saved}. Only what was trained to the end has one"


def progress_is_told(case: TrainerCase) -> None:
    """Steps rise, to no more than the whole, and who is being trained is named."""
    heard: list[TrainingProgress] = []
    with case.working() as bench:
        result = bench.train([bench.job("a")], heard.append)["a"]
    assert heard, "nothing was said while it trained. Call observe now and then"
    steps = [progress.env_steps for progress in heard]
    assert steps == sorted(steps), f"the steps so far were told as {steps}. They rise"
    last = heard[-1]
    assert last.total_steps == result.env_steps, (
        f"a whole of {last.total_steps} steps was told, and {result.env_steps} were taken"
    )
    assert steps[-1] <= last.total_steps, f"{steps[-1]} steps were told of {last.total_steps}"
    named = {run for progress in heard for run, _ in progress.success}
    assert named == {"a"}, f"trained was a, and progress is told of {sorted(named)}"


def the_times_of_trainings_add_up(case: TrainerCase) -> None:
    """Each has its share of the time. The second batch is timed: all is ready for it."""
    with case.working() as bench:
        jobs = [bench.job("a", seed=1), bench.job("b", seed=2)]
        bench.train(jobs)
        started = time.monotonic()
        shares = [
            result.wall_s for results in bench.trainer.train(Feed(jobs), lambda _: None) for result in results
        ]
        took = time.monotonic() - started
    assert min(shares) > 0.0, f"the trainings are said to have taken {shares} s. Each took some time"
    assert sum(shares) <= took, (
        f"the trainings are said to have taken {shares} s, and all together took {took:.3f} s"
    )


def a_saved_policy_plays_as_it_was_scored(case: TrainerCase) -> None:
    """Read from its file and played on the held-out episodes, it has the score it was given."""
    with case.working() as bench:
        job = replace(bench.job("a", seed=5), evaluation_seed=11)
        found = bench.train([job])
        content_of(job)
        score = scored(case.where, [job], found)["a"]
        env = case.where.make(EPISODES, 1)
        policy = policy_file.load(Path(job.policy), env)
        observation = env.reset(environment_seeds("heldout", [11], EPISODES))
        values = torch.full((EPISODES,), math.nan)
        for _ in range(case.where.horizon):
            step = env.step(policy.act(observation[None])[0])
            values = torch.where(values.isnan() & (step.terminated | step.truncated), step.true_score, values)
            observation = step.observation
    played = float(values.mean())
    assert math.isclose(played, score.mean, rel_tol=1e-6), (
        f"a policy plays {played}, and was scored {score.mean}"
    )


def a_policy_is_carried_on(case: TrainerCase) -> None:
    """After one update, what began from a policy acts more like it than what began from nothing."""
    short = replace(case.settings, env_steps=case.settings.epoch_steps)
    with case.working() as bench:
        if not bench.trainer.can_start:
            return
        bench.train([known := bench.job("a", seed=1)])
        begun, new = replace(bench.job("b", seed=2), start=known.policy), bench.job("c", seed=2)
        replace(bench, trainer=case.plugin(case.where, short, 2)).train([begun, new])
        env = case.where.make(EPISODES, 1)
        seen = env.reset(environment_seeds("heldout", [11], EPISODES))[None]
        first, near, far = (policy_file.load(Path(job.policy), env).act(seen) for job in (known, begun, new))
    apart, usual = float((near - first).abs().mean()), float((far - first).abs().mean())
    assert apart < 0.5 * usual, (
        f"after one update, actions differ by {apart:.3g} from those of the policy that it began from, and "
        f"by {usual:.3g} where it began from nothing. Begin from the job's start, or say can_start = False"
    )


def what_begins_from_a_policy_gives_the_same_alone(case: TrainerCase) -> None:
    """To the bit, whether all of the policy is taken or a share."""
    with case.working() as bench:
        if not bench.trainer.can_start:
            return
        bench.train([known := bench.job("a", seed=1)])
        whole = replace(bench.job("b", seed=2), start=known.policy)
        part = replace(bench.job("d", scaled(case.where, 3.0), 4), start=known.policy, start_share=0.5)
        bench.compare_alone([whole, bench.job("c", seed=3), part])


CHECKS: tuple[Callable[[TrainerCase], None], ...] = (
    it_has_all_parts,
    every_job_gets_one_result,
    a_slot_equals_the_same_program_alone,
    jobs_may_come_while_others_are_trained,
    without_jobs_it_is_over,
    the_seed_matters,
    bad_programs_cost_only_themselves,
    progress_is_told,
    the_times_of_trainings_add_up,
    a_saved_policy_plays_as_it_was_scored,
    a_policy_is_carried_on,
    what_begins_from_a_policy_gives_the_same_alone,
)
