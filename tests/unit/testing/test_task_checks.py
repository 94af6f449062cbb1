"""Every check of tasks can fail: for each a task that it refuses, sound but for one thing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from rewardsmith.contracts import Capabilities, Span, Step, Task
from rewardsmith.testing import tasks as suite
from tests.point import POINT, Point, PointEnv

CHECKS = [
    pytest.param(check, marks=pytest.mark.slow) if check in suite.SLOW else check for check in suite.CHECKS
]
Change = Callable[[PointEnv, Step], Step]


def but(**changes: Any) -> Any:
    """The task with something changed."""
    return type("Broken", (Point,), changes)()


def stepping(change: Change) -> Any:
    """The task whose steps are changed."""

    def step(self: PointEnv, actions: Tensor) -> Step:
        return change(self, PointEnv.step(self, actions))

    return but(env=type("BrokenEnv", (PointEnv,), {"step": step}))


def env(**changes: Callable[..., Any]) -> Any:
    """The task with other environments."""
    return but(env=type("BrokenEnv", (PointEnv,), changes))


def lasting(self: PointEnv, seeds: Tensor, *, stagger: bool = False) -> Tensor:
    """A reset after which every start lies farther to the right, by
    the episodes that were played before."""
    played = float(self.state["episode"].sum())
    PointEnv.reset(self, seeds, stagger=stagger)
    self.state["pos"] = self.state["pos"] + 0.01 * played
    return self.observe()


def dragged(self: PointEnv, step: Step) -> Step:
    """Each is drawn to the middle of all."""
    self.state["pos"] = 0.9 * self.state["pos"] + 0.1 * self.state["pos"].mean()
    return replace(step, observation=self.observe())


def beginning_anew(self: PointEnv, kept: Tensor, seeds: Tensor, *, stagger: bool = False) -> Tensor:
    """An exchange in which those that stay begin anew."""
    PointEnv.reset(self, torch.cat((self.state["seed"][kept], seeds)), stagger=stagger)
    return self.observe()[len(kept) :]


def all_of_them(self: PointEnv, seeds: Tensor, *, stagger: bool = False) -> Tensor:
    """A reset that always starts as many as were made."""
    if len(seeds) < self.num_envs:
        seeds = torch.cat((seeds, self.state["seed"][len(seeds) :]))
    return PointEnv.reset(self, seeds, stagger=stagger)


def threaded(self: PointEnv, step: Step) -> Step:
    return replace(step, observation=step.observation + 1e-7 * self.threads)


def together(self: PointEnv, seeds: Tensor, *, stagger: bool = False) -> Tensor:
    """A reset that does not stagger."""
    return PointEnv.reset(self, seeds)


def stuck(self: PointEnv) -> None:
    """A close that fails."""
    raise AssertionError("the door is stuck")


def raw(self: PointEnv, actions: Tensor) -> Step:
    """A step that takes actions as they are."""
    factor = actions.abs().amax(dim=1).clamp(min=1.0)
    step = PointEnv.step(self, actions)
    self.state["pos"] = self.state["pos"] * factor
    return replace(step, observation=self.observe())


def views(self: PointEnv, action: Tensor) -> dict[str, Tensor]:
    """Signals that are the state itself."""
    return {**PointEnv.signals(self, action), "tool_pos": self.state["pos"].view(-1, 1)}


def fast(self: PointEnv, action: Tensor) -> dict[str, Tensor]:
    """Signals with velocities of another unit."""
    return {**PointEnv.signals(self, action), "tool_vel": 3.0 * action}


def signal(number: int, **changes: Any) -> Any:
    table = list(Point.signals)
    table[number] = replace(table[number], **changes)
    return but(signals=tuple(table))


def preset(**values: Any) -> Any:
    """The task with one preset for every trainer."""
    return but(preset=lambda self, trainer, device: values)


BROKEN: dict[Callable[[Task], None], tuple[Any, ...]] = {
    suite.it_has_all_parts: (type("Half", (), {"name": "half"})(),),
    suite.its_sheet_is_complete: (
        but(description="Go."),
        but(difficulty="fun"),
        signal(0, meaning=""),
        signal(0, low=9.0),
    ),
    suite.its_description_does_not_tell_the_threshold: (
        but(description=Point.description + " Within 0.05 m."),
    ),
    suite.its_signals_do_not_reveal_success: (signal(0, name="success_now"),),
    suite.its_facts_are_sentences: (
        but(facts=("the ball is red.",)),
        but(facts=("The ball is red",)),
        but(facts=(" The ball is red.",)),
        but(facts=("Success is to be at the goal.",)),
        but(facts=(3,)),
    ),
    suite.its_starts_fit_its_signals: (
        but(starts={"place": Span((0.0,), (0.0,))}),
        but(starts={"tool_pos": ((0.0,), (0.0,))}),
        but(starts={"tool_pos": Span((0.0, 0.0), (1.0, 1.0))}),
        but(starts={"tool_pos": Span((0.0,), (float("inf"),))}),
        but(starts={"tool_pos": Span((1.0,), (0.0,))}),
    ),
    suite.its_presets_are_usable: (preset(env_steps=10), preset(env_step=10_000), preset(envs="many")),
    suite.an_unknown_trainer_keeps_its_defaults: (preset(env_steps=10_000),),
    suite.its_human_reward_is_acceptable: (
        but(human_reward=Point.human_reward.replace("goal_pos", "cube_pos")),
    ),
    suite.observations_have_their_declared_size: (
        stepping(lambda _, s: replace(s, observation=s.observation[:, :1])),
    ),
    suite.signals_match_their_table: (
        signal(0, high=0.1),
        signal(0, shape=()),
        signal(3, name="place"),
        signal(3, unit="quat"),
    ),
    suite.velocities_are_the_derivatives_of_positions: (env(signals=fast),),
    suite.true_score_is_success_or_a_metric: (
        stepping(lambda _, s: replace(s, true_score=s.true_score + 0.5)),
    ),
    suite.success_is_false_at_the_start: (
        stepping(lambda _, s: replace(s, success=s.signals["goal_pos"][:, 0] < 1.1)),
    ),
    suite.same_seeds_give_the_same_future: (
        stepping(threaded),
        env(draw=lambda self, state, n: torch.rand(len(state["seed"]))),
    ),
    suite.a_used_environment_starts_like_a_new_one: (env(reset=lasting),),
    suite.a_batch_equals_its_members_alone: (stepping(dragged),),
    suite.some_go_on_while_others_come: (env(exchange=beginning_anew),),
    suite.fewer_may_start_than_were_made: (env(reset=all_of_them),),
    suite.episodes_end_at_the_horizon_or_before: (
        stepping(lambda _, s: replace(s, truncated=torch.zeros_like(s.truncated))),
        env(begin_anew=lambda self, ended: None),
    ),
    suite.the_last_observation_of_an_episode_is_kept: (
        stepping(lambda env, step: replace(step, final_observation=step.observation)),
        stepping(lambda env, step: replace(step, final_observation=step.final_observation + 1.0)),
    ),
    suite.a_native_reward_is_what_was_declared: (
        stepping(lambda env, step: replace(step, native=step.sparse)),
        but(capabilities=Capabilities(native="the distance")),
    ),
    suite.it_can_be_closed: (env(close=stuck),),
    suite.staggered_episodes_end_at_different_times: (env(reset=together),),
    suite.actions_beyond_the_range_are_clipped: (env(step=raw),),
    suite.the_simulator_is_out_of_reach_of_a_reward: (env(signals=views),),
}


@pytest.mark.parametrize("check", CHECKS)
def test_a_sound_task_passes(check: Callable[[Task], None]):
    check(POINT)


@pytest.mark.parametrize("check", CHECKS)
def test_broken_tasks_are_refused(check: Callable[[Task], None]):
    for broken in BROKEN[check]:
        with pytest.raises(AssertionError, match=r"\w+"):
            check(broken)
