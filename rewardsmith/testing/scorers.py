"""What a scorer owes a search (see :class:`rewardsmith.contracts.Scorer`)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from rewardsmith.contracts import Device, Scorer, ScoringJob, Task, readable
from rewardsmith.errors import UsageError
from rewardsmith.records import Score
from rewardsmith.registry import TASKS, missing_parts
from rewardsmith.testing.policies import save_policy
from rewardsmith.training import episodes

__all__ = ["CHECKS", "ScorerCase"]

EPISODES, _SEED = 8, 7


@dataclass(frozen=True)
class ScorerCase:
    """A scorer and the task whose policies it judges."""

    plugin: Callable[[Task, Device, int], Scorer]
    """What is registered."""
    task: Task | None = None
    """One on which policies that learnt nothing differ in their scores; ``None``: ``cartpole``."""

    @property
    def where(self) -> Task:
        """The task."""
        return self.task or TASKS.load("cartpole")

    def score(self, jobs: Sequence[ScoringJob]) -> list[Score]:
        """What a new scorer says."""
        return self.build().score(jobs, lambda: None)

    def build(self) -> Scorer:
        """A new scorer."""
        return self.plugin(self.where, "cpu", 2)

    def jobs(self, folder: str, count: int = 3) -> list[ScoringJob]:
        """Scorings of policies that do different things, on the same episodes."""
        files = [Path(folder).resolve() / f"{number}.pt" for number in range(count)]
        for number, file in enumerate(files):
            save_policy(file, self.where, seed=number, gain=3.0)
        return [ScoringJob(f"c00{n}-search-0", str(file), _SEED, EPISODES) for n, file in enumerate(files)]


def it_has_all_parts(case: ScorerCase) -> None:
    """It offers what the protocol lists."""
    missing = missing_parts(case.plugin, Scorer)
    assert not missing, f"it lacks {', '.join(missing)}. Add what rewardsmith.contracts.Scorer lists"


def every_job_gets_one_score(case: ScorerCase) -> None:
    """A finite mean with standard error, number of episodes and the seed that was asked for."""
    with TemporaryDirectory() as folder:
        jobs = case.jobs(folder)
        scores = case.score(jobs)
    assert len(scores) == len(jobs), f"{len(jobs)} jobs got {len(scores)} scores. Give one for each"
    for job, score in zip(jobs, scores, strict=True):
        assert score.seed == job.seed, (
            f"a job with seed {job.seed} got a score with seed {score.seed}. Say which was used"
        )
        assert score.episodes == job.episodes, (
            f"{job.episodes} episodes were asked for, and {score.episodes} are said"
        )
        assert 0 <= score.unstable <= score.episodes, (
            f"{score.unstable} of {score.episodes} episodes are said to be unstable"
        )
        assert math.isfinite(score.mean), f"the mean is {score.mean}. A score is a number"
        error = score.standard_error
        assert math.isfinite(error), f"the standard error is {error}. Where nothing is known of it, it is 0"
        assert error >= 0.0, f"the standard error is {error}, below 0"
        assert score.scorer, "a score has no scorer. Give the name that the scorer is registered under"


def scores_are_in_the_order_of_jobs(case: ScorerCase) -> None:
    """In another order, the same policies get the same scores in that order."""
    with TemporaryDirectory() as folder:
        jobs = case.jobs(folder)
        first, turned = case.score(jobs), case.score([jobs[n] for n in (2, 0, 1)])
    expected = [first[n] for n in (2, 0, 1)]
    assert turned == expected, (
        f"jobs 2, 0, 1 got {_means(turned)}, and should have {_means(expected)}. Keep to their order"
    )


def the_same_seed_gives_the_same_score(case: ScorerCase) -> None:
    """By a new scorer, and by one that scored before."""
    with TemporaryDirectory() as folder:
        jobs, used = case.jobs(folder), case.build()
        first, again = used.score(jobs, lambda: None), used.score(jobs, lambda: None)
        new = case.score(jobs)
    hint = "Draw from the job's seed, and from nothing else"
    assert again == first, f"the same jobs got {_means(first)}, and a second time {_means(again)}. {hint}"
    assert new == first, f"the same jobs got {_means(first)}, and by a new scorer {_means(new)}. {hint}"


def another_seed_gives_other_episodes(case: ScorerCase) -> None:
    """Also of the same policy in one scoring."""
    with TemporaryDirectory() as folder:
        job = case.jobs(folder, 1)[0]
        pair = [
            replace(job, seed=seed, kept=str(Path(job.policy).with_name(f"kept-{seed}.pt")))
            for seed in (7, 8)
        ]
        first, second = case.score(pair)
        one, other = (episodes.load(Path(job.kept)).signals for job in pair)
    assert (first.seed, second.seed) == (7, 8), (
        f"seeds 7 and 8 were asked for, and {first.seed} and {second.seed} are said"
    )
    differ = any(not torch.equal(one[name], other[name]) for name in one)
    assert differ, "with seeds 7 and 8 the same episodes were played. A seed picks the episodes"


def side_by_side_each_has_what_it_has_alone(case: ScorerCase) -> None:
    """Company changes nothing."""
    with TemporaryDirectory() as folder:
        jobs = case.jobs(folder)
        together, alone = case.score(jobs), [case.score([job])[0] for job in jobs]
    assert together == alone, (
        f"together they got {_means(together)}, and alone {_means(alone)}. Score each for itself"
    )


def it_says_that_it_is_alive(case: ScorerCase) -> None:
    """A scoring that says nothing is taken for a hang."""
    calls: list[None] = []
    with TemporaryDirectory() as folder:
        case.build().score(case.jobs(folder), lambda: calls.append(None))
    assert calls, "alive was never called. Call it now and then, such as at every step"


def what_is_no_policy_is_refused(case: ScorerCase) -> None:
    """A file that is missing or holds something else is the user's error."""
    with TemporaryDirectory() as folder:
        job = case.jobs(folder, 1)[0]
        missing, other = Path(job.policy).with_name("missing.pt"), Path(job.policy).with_name("other.pt")
        other.write_bytes(b"no policy")
        for file, what in ((missing, "a file that is not there"), (other, "a file that holds no policy")):
            try:
                case.score([replace(job, policy=str(file))])
            except UsageError:
                continue
            except Exception as error:
                raise AssertionError(f"{what} was answered by {error!r}. Raise UsageError") from error
            raise AssertionError(f"{what} got a score. Raise UsageError")


def episodes_are_kept_where_asked(case: ScorerCase) -> None:
    """Of jobs that name a file, and nothing else is written; keeping changes no score."""
    with TemporaryDirectory() as folder:
        jobs = case.jobs(folder)
        plain, before = case.score(jobs), {path.name for path in Path(folder).iterdir()}
        kept = Path(jobs[1].policy).with_name("kept.pt")
        scores = case.score([jobs[0], replace(jobs[1], kept=str(kept)), jobs[2]])
        written = {path.name for path in Path(folder).iterdir()} - before
        assert written == {kept.name}, (
            f"episodes were to be kept in {kept.name}, and written was {sorted(written) or 'nothing'}"
        )
        stored = episodes.load(kept)
    count = len(stored.true_score)
    assert 0 < count <= EPISODES, f"{EPISODES} episodes were played, and {count} are kept. Keep some of them"
    names = {signal.name for signal in readable(case.where.signals)}
    assert set(stored.signals) == names, (
        f"the kept episodes have the signals {sorted(stored.signals)}, not {sorted(names)}"
    )
    assert scores == plain, f"with episodes kept the scores are {_means(scores)}, and without {_means(plain)}"


def _means(scores: Sequence[Score]) -> str:
    return ", ".join(f"{score.mean:g} (seed {score.seed})" for score in scores) or "nothing"


CHECKS: tuple[Callable[[ScorerCase], None], ...] = (
    it_has_all_parts,
    every_job_gets_one_score,
    scores_are_in_the_order_of_jobs,
    the_same_seed_gives_the_same_score,
    another_seed_gives_other_episodes,
    side_by_side_each_has_what_it_has_alone,
    it_says_that_it_is_alive,
    what_is_no_policy_is_refused,
    episodes_are_kept_where_asked,
)
