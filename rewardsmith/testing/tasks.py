"""What a task and its environments owe a search (see :class:`rewardsmith.contracts.Task`)."""

from __future__ import annotations

from collections.abc import Callable

import torch

from rewardsmith.contracts import Task
from rewardsmith.testing.endings import (
    episodes_end_at_the_horizon_or_before,
    staggered_episodes_end_at_different_times,
    the_last_observation_of_an_episode_is_kept,
)
from rewardsmith.testing.repeating import (
    a_batch_equals_its_members_alone,
    a_used_environment_starts_like_a_new_one,
    fewer_may_start_than_were_made,
    same_seeds_give_the_same_future,
    some_go_on_while_others_come,
)
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

__all__ = ["CHECKS", "REPEATING", "SLOW"]

_STARTS = 500


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
    many = min(_STARTS, task.capabilities.most_envs or _STARTS)
    env, met = task.make(many, 2), 0
    for some in seeds(_STARTS).split(many):
        env.reset(some)
        met += int(env.step(torch.zeros(len(some), env.action_size)).success.sum())
    assert met == 0, f"{met} of {_STARTS} episodes begin with the goal met. Start farther away from it"


def a_native_reward_is_what_was_declared(task: Task) -> None:
    """One finite float32 for each environment where capabilities say so, and else none."""
    env, declared = task.make(N, 1), task.capabilities.native
    env.reset(seeds())
    native = env.step(torch.zeros(N, env.action_size)).native
    assert (native is not None) == bool(declared), (
        f"capabilities.native is {declared!r}, and step gives {native!r}. Say what it is, or leave both out"
    )
    assert native is None or (native.shape == (N,) and native.dtype == torch.float32), (
        f"native is {native!r}, not one float32 for each of {N} environments"
    )
    assert native is None or native.isfinite().all(), f"native is not finite: {native}"


def it_can_be_closed(task: Task) -> None:
    """And another one made afterwards."""
    env = task.make(2, 1)
    env.reset(seeds(2))
    env.close()
    again = task.make(2, 1)
    assert again.reset(seeds(2)).shape == (2, again.observation_size)
    again.close()


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
    the_last_observation_of_an_episode_is_kept,
    a_native_reward_is_what_was_declared,
    it_can_be_closed,
    staggered_episodes_end_at_different_times,
    actions_beyond_the_range_are_clipped,
    the_simulator_is_out_of_reach_of_a_reward,
)
SLOW = (its_human_reward_is_acceptable,)
"""Starts a process that imports torch."""
REPEATING = (
    same_seeds_give_the_same_future,
    a_used_environment_starts_like_a_new_one,
    a_batch_equals_its_members_alone,
    some_go_on_while_others_come,
    fewer_may_start_than_were_made,
)
"""Owed by those alone whose capabilities say that they repeat to the bit."""
