"""The true score: deterministic policies on held-out episodes that no training uses."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from rewardsmith.contracts import Device, ScoringJob, Task, VecEnv
from rewardsmith.execution.memory import is_shortage
from rewardsmith.records import Behaviour, Score
from rewardsmith.training import episodes as episode_file
from rewardsmith.training.behaviour import BehaviourRecorder
from rewardsmith.training.episodes import EpisodeRecorder, Episodes
from rewardsmith.training.policy_file import TrainedPolicy, load, stack
from rewardsmith.training.shares import shares
from rewardsmith.training.streams import environment_seeds


class HeldOutScorer:
    """Scores saved policies on held-out episodes (see :class:`rewardsmith.contracts.Scorer`)."""

    def __init__(self, task: Task, device: Device, threads: int) -> None:
        """Prepare to score policies of one task; the simulation is made when it is needed."""
        self._task, self._threads = task, threads
        self._device: Device = device
        self._env: VecEnv | None = None
        self._room = 0
        self._most_envs = shares(task).scoring
        self._most = sys.maxsize
        """Policies that play side by side, as far as memory is known to reach."""

    def score(self, jobs: Sequence[ScoringJob], alive: Callable[[], None]) -> list[Score]:
        """Play them side by side, or fewer at a time where memory is short.

        Each plays what it would alone.
        """
        torch.set_num_threads(1)  # more threads fight the simulator for the cores
        scores: dict[ScoringJob, Score] = {}
        for seed, count in dict.fromkeys((job.seed, job.episodes) for job in jobs):
            at_once = policies_at_once(self._task, count, self._most_envs)
            left = [job for job in jobs if (job.seed, job.episodes) == (seed, count)]
            while left:
                some = left[: min(self._most, at_once)]
                try:
                    scores.update(zip(some, self._play(some, seed, count, alive), strict=True))
                except (MemoryError, RuntimeError, ValueError, OSError) as error:
                    if len(some) == 1 or not is_shortage(error):
                        raise
                    self._close()
                    self._most = len(some) // 2
                    continue
                left = left[len(some) :]
        return [scores[job] for job in jobs]

    def _play(
        self, jobs: Sequence[ScoringJob], seed: int, count: int, alive: Callable[[], None]
    ) -> list[Score]:
        """The scores of some policies on the same episodes."""
        env = self._prepared(len(jobs) * count)
        trained = stack([load(Path(job.policy), env, self._device) for job in jobs])
        every = play(env, self._task, trained, len(jobs), seed, count, alive, self._room)
        for job, played in zip(jobs, every, strict=True):
            if job.kept:
                episode_file.save(Path(job.kept), played.episodes)
        return [played.score for played in every]

    def _prepared(self, environments: int) -> VecEnv:
        """A simulation that holds so many, or as many as may be; the last one if it does."""
        room = min(environments, self._most_envs or environments)
        if self._env is None or self._room < room:
            self._close()  # first: two at a time would take twice the memory
            self._env, self._room = self._task.make(room, self._threads, self._device), room
        return self._env

    def _close(self) -> None:
        if self._env is not None:
            self._env.close()
            self._env = None


def policies_at_once(task: Task, episodes: int, most: int | None) -> int:
    """Policies that play side by side; each plays what it would alone.

    Args:
        task: What they play.
        episodes: How many each plays.
        most: Environments that there may be; left out: as many as they are.
    """
    if task.capabilities.alone:
        return 1  # rows draw from one generator, so who plays in company has other starts
    return sys.maxsize if most is None else max(1, most // episodes)


@dataclass(frozen=True)
class Played:
    """What the held-out episodes of one policy gave."""

    score: Score
    episodes: Episodes
    """The first of them."""


def play(
    env: VecEnv,
    task: Task,
    trained: TrainedPolicy,
    policies: int,
    seed: int,
    episodes: int,
    alive: Callable[[], None] = lambda: None,
    room: int | None = None,
) -> list[Played]:
    """Score every policy on the same episodes.

    Each environment contributes its first episode only, so short episodes do not count more than
    long ones. An episode that the simulator loses counts as its score then, 0 for success.

    Args:
        env: Made for one environment per policy and episode, or for more; policy ``k`` owns the
            ``k``-th block. For a single policy it may hold fewer: it plays round by round.
        task: What they are of; every episode ends within its horizon.
        trained: The policies.
        policies: Their number.
        seed: Picks the episodes.
        episodes: How many each policy plays.
        alive: Called at every step.
        room: What ``env`` was made for; left out: enough.

    Returns:
        For every policy, mean and standard error over its episodes, and some of them.
    """
    seeds = environment_seeds("heldout", [seed] * policies, episodes, trained.device)
    size = min(len(seeds), room or len(seeds))
    rounds = [
        _play_round(env, task, trained, policies, seeds, slice(start, start + size), alive)
        for start in range(0, len(seeds), size)
    ]
    score = torch.cat([one.score for one in rounds], dim=1)
    unstable = torch.cat([one.unstable for one in rounds], dim=1)
    assert not score.isnan().any(), "every episode ends within the horizon"
    first, *later = rounds
    for one in later:
        first.episodes.join(one.episodes)
        first.behaviour.join(one.behaviour)
    return [
        Played(
            _score(own, lost, seed, first.behaviour.behaviour(slice(n * episodes, (n + 1) * episodes), own)),
            first.episodes.episodes(n, own),
        )
        for n, (own, lost) in enumerate(zip(score, unstable, strict=True))
    ]


@dataclass(frozen=True)
class _Round:
    """What was seen of episodes that were played side by side."""

    score: Tensor
    """``(policies, episodes)`` on the CPU."""
    unstable: Tensor
    """Whether the simulator lost the episode, ``(policies, episodes)`` bool on the CPU."""
    episodes: EpisodeRecorder
    behaviour: BehaviourRecorder


def _play_round(
    env: VecEnv,
    task: Task,
    trained: TrainedPolicy,
    policies: int,
    seeds: Tensor,
    rows: slice,
    alive: Callable[[], None],
) -> _Round:
    """Play the episodes ``rows`` of all, one per seed, ``(policies * episodes,)``."""
    own = seeds[rows]
    episodes, observation = len(own) // policies, env.reset(own)
    everyone = observation.new_zeros(len(seeds), env.observation_size)
    score = torch.full((len(own),), math.nan, device=trained.device)
    unstable = torch.zeros_like(score, dtype=torch.bool)
    recorder = EpisodeRecorder(policies, episodes, task)
    behaviour = BehaviourRecorder(task, len(own), trained.device)
    for number in range(1, task.horizon + 1):
        everyone[rows] = observation  # each in its place: the last digits of a product hang on it
        step = env.step(trained.act(everyone.view(policies, -1, everyone.shape[1])).flatten(0, 1)[rows])
        first = score.isnan()
        unstable |= first & step.unstable
        score = torch.where(first & (step.terminated | step.truncated), step.true_score, score)
        recorder.note(number, step, first)
        behaviour.note(step, first & ~step.unstable)
        observation = step.observation
        alive()
    return _Round(score.cpu().view(policies, -1), unstable.cpu().view(policies, -1), recorder, behaviour)


def _score(values: Tensor, unstable: Tensor, seed: int, behaviour: Behaviour) -> Score:
    mean, error, lost = float(values.double().mean()), standard_error(values), int(unstable.sum())
    return Score(mean, error, len(values), lost, seed=seed, behaviour=behaviour)


def standard_error(values: Tensor) -> float:
    """Standard error of the mean score of independent episodes.

    For successes, each 0 or 1, it is that of Agresti and Coull (The American Statistician 52,
    1998): two successes and two failures are added. The usual one would be 0 where all or none
    succeeded, which no finite number of episodes can show.

    Args:
        values: Scores of the episodes, ``(episodes,)``.
    """
    count = len(values)
    if bool(((values == 0) | (values == 1)).all()):
        rate = (float(values.double().sum()) + 2) / (count + 4)
        return math.sqrt(rate * (1 - rate) / (count + 4))
    return float(values.double().std(correction=1)) / math.sqrt(count) if count > 1 else 0.0
