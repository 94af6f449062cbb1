"""The true score: deterministic policies on held-out episodes that no training uses."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from rewardsmith.contracts import VecEnv
from rewardsmith.records import Score
from rewardsmith.training.episodes import EpisodeRecorder, Episodes
from rewardsmith.training.policy_file import TrainedPolicy
from rewardsmith.training.streams import environment_seeds


@dataclass(frozen=True)
class Outcome:
    """What the held-out episodes of one slot gave."""

    score: Score
    episodes: Episodes
    """The first of them."""


def held_out(env: VecEnv, horizon: int, trained: TrainedPolicy, slots: int, seed: int, episodes: int) -> list[Outcome]:
    """Score every slot on the same episodes.

    Each environment contributes its first episode only, so short episodes do not count more than
    long ones. An episode that the simulator loses counts as its score at that step, which is 0 for success.

    Args:
        env: Made for one environment per slot and episode, or for more; slot ``k`` owns the ``k``-th block.
        horizon: Control steps within which every episode ends.
        trained: The policies of all slots.
        slots: Their number.
        seed: Picks the episodes.
        episodes: How many each slot plays.

    Returns:
        For every slot, mean and standard error over its episodes, and some of them.
    """
    observation = env.reset(environment_seeds("heldout", [seed] * slots, episodes, trained.device))
    score = torch.full((slots * episodes,), math.nan, device=trained.device)
    unstable = torch.zeros_like(score, dtype=torch.bool)
    recorder = EpisodeRecorder(slots, episodes, horizon)
    for number in range(1, horizon + 1):
        step = env.step(trained.act(observation.view(slots, episodes, -1)).flatten(0, 1))
        first = score.isnan()
        unstable |= first & step.unstable
        score = torch.where(first & (step.terminated | step.truncated), step.true_score, score)
        recorder.note(number, step, first)
        observation = step.observation
    score, unstable = score.cpu().view(slots, -1), unstable.cpu().view(slots, -1)
    assert not score.isnan().any(), "every episode ends within the horizon"
    return [Outcome(_score(*own), recorder.episodes(slot, own[0])) for slot, own in enumerate(zip(score, unstable, strict=True))]


def _score(values: Tensor, unstable: Tensor) -> Score:
    return Score(float(values.double().mean()), standard_error(values), len(values), int(unstable.sum()))


def standard_error(values: Tensor) -> float:
    """Standard error of the mean score of independent episodes.

    For successes, each 0 or 1, it is that of Agresti and Coull (The American Statistician 52, 1998): two successes and two failures
    are added. The usual one would be 0 where all or none succeeded, which no finite number of episodes can show.

    Args:
        values: Scores of the episodes, ``(episodes,)``.
    """
    count = len(values)
    if bool(((values == 0) | (values == 1)).all()):
        rate = (float(values.double().sum()) + 2) / (count + 4)
        return math.sqrt(rate * (1 - rate) / (count + 4))
    return float(values.double().std(correction=1)) / math.sqrt(count) if count > 1 else 0.0
