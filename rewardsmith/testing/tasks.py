"""What a task and its environments owe a search (see :class:`rewardsmith.contracts.Task`)."""

from __future__ import annotations

from collections.abc import Callable

import torch

from rewardsmith.contracts import Task
from rewardsmith.testing.rolling import N, actions, differences, roll, seeds, velocity_pairs
from rewardsmith.testing.sheets import (
    an_unknown_trainer_keeps_its_defaults,
    it_has_all_parts,
    its_description_does_not_tell_the_threshold,
    its_facts_are_sentences,
    its_human_reward_is_acceptable,
    its_presets_are_usable,
    its_sheet_is_complete,
    its_signals_do_not_reveal_success,
    its_starts_fit_its_signals,
)

__all__ = ["CHECKS", "SLOW"]

_STARTS, _STAGGERED = 500, 64


def observations_have_their_declared_size(task: Task) -> None:
    """As ``observation_size`` says, float32, from the first on."""
    env = task.make(N, 1)
    first, step = env.reset(seeds()), env.step(torch.zeros(N, env.action_size))
    for observation in (first, step.observation):
        assert observation.shape == (N, env.observation_size), (
            f"an observation of {N} environments is {tuple(observation.shape)}, not "
            f"{(N, env.observation_size)}"
        )
        assert observation.dtype == torch.float32, f"an observation is {observation.dtype}, not float32"


def signals_match_their_table(task: Task) -> None:
    """Names, shapes, float32, and the bounds of ordinary episodes, over one of random actions."""
    env = task.make(N, 1)
    env.reset(seeds())
    for step in roll(env, actions(env, task.horizon)):
        assert not step.unstable.any(), "random actions broke the simulation. Make the scene more robust"
        wrong = set(step.signals) ^ {signal.name for signal in task.signals}
        assert not wrong, (
            f"step gives signals that the table lacks, or lacks some of it: {', '.join(sorted(wrong))}"
        )
        for signal in task.signals:
            value = step.signals[signal.name]
            shape = (N, *signal.shape)
            assert value.shape == shape, f"{signal.name} is {tuple(value.shape)}, and the table says {shape}"
            assert value.dtype == torch.float32, f"{signal.name} is {value.dtype}, not float32"
            low, high = float(value.min()), float(value.max())
            assert signal.low <= low, (
                f"{signal.name} reached {low}, below its bound {signal.low}. Widen the bounds"
            )
            assert high <= signal.high, (
                f"{signal.name} reached {high}, above its bound {signal.high}. Widen the bounds"
            )
            unit = signal.unit != "quat" or torch.allclose(value.norm(dim=-1), torch.ones(N), atol=1e-4)
            assert unit, f"{signal.name} has the unit quat and is not of length 1"


def velocities_are_the_derivatives_of_positions(task: Task) -> None:
    """An independent look at signals: positions change by the mean velocity of a control step."""
    env = task.make(N, 1)
    env.reset(seeds())
    steps = roll(env, 0.3 * actions(env, 1).expand(12, -1, -1))[4:]
    for position, velocity in velocity_pairs(task):
        pos = torch.stack([step.signals[position].view(N, -1) for step in steps])
        vel = torch.stack([step.signals[velocity].view(N, -1) for step in steps])
        change, mean = pos.diff(dim=0) / task.control_dt, (vel[1:] + vel[:-1]) / 2
        fits = (change - mean).abs() <= 0.1 + 0.3 * mean.abs()
        assert fits.float().mean() > 0.8, (
            f"{velocity} is not the derivative of {position}. Look at units, frames and control_dt"
        )


def true_score_is_success_or_a_metric(task: Task) -> None:
    """One float32 for each environment.

    Without a metric it is 1 where the goal is met and else 0.
    """
    env = task.make(N, 1)
    env.reset(seeds())
    step = env.step(torch.zeros(N, env.action_size))
    assert step.true_score.shape == (N,), f"true_score is {tuple(step.true_score.shape)}, not {(N,)}"
    assert step.true_score.dtype == torch.float32, f"true_score is {step.true_score.dtype}, not float32"
    assert task.has_metric or torch.equal(step.true_score, step.success.float()), (
        f"true_score is {step.true_score.tolist()} where success is {step.success.tolist()}. They are the "
        "same unless has_metric"
    )


def success_is_false_at_the_start(task: Task) -> None:
    """For five hundred seeds, after a step without action."""
    env = task.make(_STARTS, 2)
    env.reset(seeds(_STARTS))
    met = int(env.step(torch.zeros(_STARTS, env.action_size)).success.sum())
    assert met == 0, f"{met} of {_STARTS} episodes begin with the goal met. Start farther away from it"


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


def actions_beyond_the_range_are_clipped(task: Task) -> None:
    """An action of 50 does what one of 1 does, and the signal ``actions``, if any, says 1."""
    big, one = task.make(1, 1), task.make(1, 1)
    big.reset(seeds(1))
    one.reset(seeds(1))
    a, b = big.step(torch.full((1, big.action_size), 50.0)), one.step(torch.full((1, one.action_size), 1.0))
    differ = differences(a, b)
    assert not differ, f"an action of 50 and one of 1 differ in {differ}. Clip actions to [-1, 1]"
    assert "actions" not in a.signals or a.signals["actions"].max() == 1.0, (
        "the signal actions is beyond 1. Give it clipped"
    )


def the_simulator_is_out_of_reach_of_a_reward(task: Task) -> None:
    """Writing to every signal of a step changes nothing in the next one."""
    touched, untouched = task.make(2, 1), task.make(2, 1)
    touched.reset(seeds(2))
    untouched.reset(seeds(2))
    still = torch.zeros(2, touched.action_size)
    for value in touched.step(still).signals.values():
        value.fill_(123.0)
    untouched.step(still)
    differ = differences(touched.step(still), untouched.step(still))
    assert not differ, f"writing to signals changed what came next: {differ}. Give copies"


CHECKS: tuple[Callable[[Task], None], ...] = (
    it_has_all_parts,
    its_sheet_is_complete,
    its_description_does_not_tell_the_threshold,
    its_signals_do_not_reveal_success,
    its_facts_are_sentences,
    its_starts_fit_its_signals,
    its_presets_are_usable,
    an_unknown_trainer_keeps_its_defaults,
    its_human_reward_is_acceptable,
    observations_have_their_declared_size,
    signals_match_their_table,
    velocities_are_the_derivatives_of_positions,
    true_score_is_success_or_a_metric,
    success_is_false_at_the_start,
    same_seeds_give_the_same_future,
    a_used_environment_starts_like_a_new_one,
    a_batch_equals_its_members_alone,
    some_go_on_while_others_come,
    fewer_may_start_than_were_made,
    episodes_end_at_the_horizon_or_before,
    staggered_episodes_end_at_different_times,
    actions_beyond_the_range_are_clipped,
    the_simulator_is_out_of_reach_of_a_reward,
)
SLOW = (its_human_reward_is_acceptable,)
"""Starts a process that imports torch."""
