from __future__ import annotations

import pytest
import torch
from torch import Tensor

from rewardsmith.contracts import Device, Step, VecEnv
from rewardsmith.training import speed
from rewardsmith.training.ppo import PpoSettings
from tests.toys import Bare, Toy


class Clock:
    seconds = 0.0

    def __call__(self, device: Device) -> float:
        return self.seconds


class SlowEnv(Bare):
    """Two environments; each control step takes a quarter of a
    second, and whatever else happens no time."""

    num_envs, observation_size, action_size = 2, 3, 1

    def __init__(self, clock: Clock) -> None:
        self.clock, self.steps = clock, 0

    def reset(self, seeds: Tensor, *, stagger: bool = False) -> Tensor:
        return torch.zeros(2, 3)

    def exchange(self, kept: Tensor, seeds: Tensor, *, stagger: bool = False) -> Tensor:
        return torch.zeros(len(seeds), 3)

    def step(self, actions: Tensor) -> Step:
        self.clock.seconds += 0.25
        self.steps += 1
        never = torch.zeros(2, dtype=torch.bool)
        seen = torch.zeros(2, 3)
        return Step(seen, {}, torch.zeros(2), never, never, never, torch.zeros(2), never, seen)


def test_seconds_per_million_steps_by_hand(monkeypatch: pytest.MonkeyPatch):
    clock = Clock()
    env = SlowEnv(clock)

    class Slow(Toy):
        def make(self, num_envs: int, threads: int, device: Device = "cpu") -> VecEnv:
            return env

    monkeypatch.setattr(speed, "_now", clock)
    found = speed.measure(
        Slow(), PpoSettings(envs=2, rollout=24, hidden=(4,), minibatches=1, mini_epochs=1, env_steps=40)
    )
    # 0.25 s for two environment steps are 125,000 s for a million, with
    # learning as without; 40 steps take 5 s.
    assert (found.device, found.envs, found.simulation_s, found.training_s, found.preset_s) == (
        "cpu",
        2,
        125_000.0,
        125_000.0,
        5.0,
    )
    # 4 to warm up and 8 measured; then two rollouts of as many as fit into a second: 4, not 24.
    assert env.steps == 4 + 8 + 2 * 4


class SlowPhysics(SlowEnv):
    """Half of a control step's time is physics."""

    advanced = 0

    def advance(self) -> None:
        self.clock.seconds += 0.125
        self.advanced += 1


@pytest.mark.parametrize(("kind", "physics"), [(SlowPhysics, 16.0), (SlowEnv, None)])
def test_rates_of_physics_and_task_by_hand(
    monkeypatch: pytest.MonkeyPatch, kind: type[SlowEnv], physics: float | None
):
    clock = Clock()
    env = kind(clock)

    class Slow(Toy):
        def make(self, num_envs: int, threads: int, device: Device = "cpu") -> VecEnv:
            return env

    monkeypatch.setattr(speed, "_now", clock)
    meter = speed.StepMeter(Slow(), 2, "cpu")
    # turns of four control steps that fill three seconds; the second time all begins anew
    for measured in (12, 24):
        found = meter.measure(3.0)
        # two environments, four control steps per second, or eight
        assert (found.physics, found.task) == (physics, 8.0)
        assert env.steps == measured + 4 * measured // 12  # the first turn of each warms up
        if isinstance(env, SlowPhysics):
            assert env.advanced == measured + measured // 12  # one asks whether it can
