"""How episodes end: what a task's environments owe at the horizon and before it."""

from __future__ import annotations

import torch

from rewardsmith.contracts import Task
from rewardsmith.testing.rolling import N, actions, roll, seeds

_STAGGERED = 64


def episodes_end_at_the_horizon_or_before(task: Task) -> None:
    """Truncation is the horizon and nothing else.

    An episode that ends earlier ended by itself, and all start elsewhere.
    """
    env = task.make(N, 1)
    start = last = env.reset(seeds())
    age = torch.zeros(N, dtype=torch.int64)
    for step in roll(env, torch.zeros(task.horizon, N, env.action_size)):
        age += 1
        due = (age == task.horizon) & ~step.terminated
        assert torch.equal(step.truncated, due), (
            f"at ages {age.tolist()} truncated is {step.truncated.tolist()}. It is true at the horizon, "
            f"{task.horizon}, alone"
        )
        age[step.truncated | step.terminated] = 0
        last = step.observation
    assert (age < task.horizon).all(), (
        f"after {task.horizon} steps an episode did not end. The horizon ends every one"
    )
    assert not torch.equal(last, start), (
        "the next episodes start as the last ones did. Each start is drawn anew"
    )


def the_last_observation_of_an_episode_is_kept(task: Task) -> None:
    """It differs from the observation, which is of the next episode, where one ended only."""
    env = task.make(N, 1)
    env.reset(seeds(), stagger=True)
    differed = False
    for step in roll(env, actions(env, task.horizon)):
        final, ended = step.final_observation, step.terminated | step.truncated
        assert final.shape == step.observation.shape, (
            f"final_observation is {tuple(final.shape)}, and observation {tuple(step.observation.shape)}"
        )
        assert torch.equal(final[~ended], step.observation[~ended]), (
            "final_observation differs from observation where no episode ended"
        )
        differed |= bool((final != step.observation).any())
    assert differed, "final_observation is that of the next episode. Read it before the reset"


def staggered_episodes_end_at_different_times(task: Task) -> None:
    """Within one horizon each ends, and few of them at the same step."""
    env = task.make(_STAGGERED, 1)
    env.reset(seeds(_STAGGERED), stagger=True)
    steps = roll(env, torch.zeros(task.horizon, _STAGGERED, env.action_size))
    ends = torch.stack([step.truncated | step.terminated for step in steps])
    assert ends.any(dim=0).all(), f"within {task.horizon} steps a staggered episode did not end"
    most = int(torch.stack([step.truncated for step in steps]).sum(dim=1).max())
    assert most < 16, (
        f"{most} of {_STAGGERED} staggered episodes end at one step. Start them at random times of the "
        "horizon"
    )
    if not any(step.terminated.any() for step in steps):
        counts = ends.sum(dim=0).tolist()
        assert counts == [1] * _STAGGERED, (
            f"within one horizon staggered episodes ended {sorted(set(counts))} times, not once"
        )
