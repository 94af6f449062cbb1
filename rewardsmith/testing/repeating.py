"""Bit by bit: what environments owe that say they repeat, whoever is simulated beside them."""

from __future__ import annotations

import torch

from rewardsmith.contracts import Task
from rewardsmith.testing.rolling import N, actions, differences, roll, seeds


def same_seeds_give_the_same_future(task: Task) -> None:
    """In another simulation, with another number of threads."""
    one, two = task.make(N, 1), task.make(N, 2)
    assert torch.equal(one.reset(seeds()), two.reset(seeds())), (
        "the same seeds began differently. Draw from the seeds alone"
    )
    for a, b in zip(roll(one, actions(one, 12)), roll(two, actions(two, 12)), strict=True):
        differ = differences(a, b)
        assert not differ, (
            f"with the same seeds and actions these differ: {differ}. Threads and chance must not matter"
        )


def a_used_environment_starts_like_a_new_one(task: Task) -> None:
    """Nothing stays behind of what was simulated before a reset."""
    used, new = task.make(N, 1), task.make(N, 1)
    used.reset(seeds() + 1, stagger=True)
    roll(used, actions(used, 40))
    assert torch.equal(used.reset(seeds()), new.reset(seeds())), (
        "after use, the same seeds began differently. Reset everything"
    )
    for a, b in zip(roll(used, actions(used, 12)), roll(new, actions(new, 12)), strict=True):
        differ = differences(a, b)
        assert not differ, f"a used environment and a new one differ in {differ}. Reset everything"


def a_batch_equals_its_members_alone(task: Task) -> None:
    """Over more than a whole episode, so that resets are covered too."""
    batch = task.make(3, 1)
    batch.reset(seeds(3), stagger=True)
    plan = actions(batch, task.horizon + 5)
    together = roll(batch, plan)
    for member in range(3):
        alone = task.make(1, 1)
        alone.reset(seeds(3)[member : member + 1], stagger=True)
        for a, b in zip(together, roll(alone, plan[:, member : member + 1]), strict=True):
            differ = differences(a, b, [member], [0])
            assert not differ, (
                f"beside others, an environment differs from what it is alone in {differ}. Share nothing"
            )


def some_go_on_while_others_come(task: Task) -> None:
    """The third and the first stay, in this order, and one comes.

    Then the new one stays alone, and three come.
    """
    env, twin = task.make(4, 1), task.make(4, 1)
    env.reset(seeds(4), stagger=True)
    twin.reset(seeds(4), stagger=True)
    plan = actions(twin, 24)
    roll(env, plan[:6])
    roll(twin, plan[:6])
    late, new = task.make(1, 1), seeds(1) + 5
    first = env.exchange(torch.tensor([2, 0]), new, stagger=True)
    assert torch.equal(first, late.reset(new, stagger=True)), (
        "who came by exchange began differently from who came by reset"
    )
    assert env.num_envs == 3, f"two of four stayed and one came, and num_envs is {env.num_envs}"
    for action in plan[6:14]:
        step, before, other = env.step(action[[2, 0, 1]]), twin.step(action), late.step(action[[1]])
        _exchanged(differences(step, before, [0, 1], [2, 0]), differences(step, other, [2], [0]))
    later = task.make(3, 1)
    first = env.exchange(torch.tensor([2]), seeds(3) + 9)
    assert torch.equal(first, later.reset(seeds(3) + 9)), (
        "who came by exchange began differently from who came by reset"
    )
    for action in plan[14:]:
        step, before, other = env.step(action), late.step(action[[0]]), later.step(action[1:])
        _exchanged(differences(step, before, [0], [0]), differences(step, other, [1, 2, 3], [0, 1, 2]))


def _exchanged(stayed: str, came: str) -> None:
    assert not stayed, (
        f"who stayed in an exchange went on differently: {stayed}. Nothing happens to who stays"
    )
    assert not came, f"who came in an exchange went on differently from who starts alone: {came}"


def fewer_may_start_than_were_made(task: Task) -> None:
    """A reset with fewer seeds simulates fewer environments, and one with all of them all again."""
    env, few = task.make(4, 1), task.make(2, 1)
    env.reset(seeds(4) + 3, stagger=True)
    roll(env, actions(env, 5))
    assert torch.equal(env.reset(seeds(2)), few.reset(seeds(2))), (
        "two of four began differently from two of two"
    )
    assert env.num_envs == 2, f"two seeds were given, and num_envs is {env.num_envs}"
    for action in actions(few, 8):
        differ = differences(env.step(action), few.step(action))
        assert not differ, f"two of four went on differently from two of two: {differ}"
    assert env.reset(seeds(4)).shape == (4, env.observation_size), (
        "four were made, and four seeds did not start four"
    )
    assert env.step(torch.zeros(4, env.action_size)).true_score.shape == (4,)
