"""A task without a simulator that keeps the whole contract: a
point on a line is steered to a goal."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from rewardsmith.contracts import Capabilities, Device, Preset, Role, Signal, Span, Step, VecEnv
from rewardsmith.errors import RewardsmithError

HUMAN = """
def compute_reward(tool_pos, goal_pos):
    near = -torch.norm(tool_pos - goal_pos, dim=-1)
    return near, {"near": near}
"""


class PointEnv:
    """Every number of a state hangs on seed, episode and actions alone."""

    observation_size, action_size = 2, 1

    def __init__(self, task: Point, num_envs: int, threads: int) -> None:
        self.task, self.threads = task, threads
        self.state = self.fresh(torch.zeros(num_envs, dtype=torch.int64), stagger=False)

    @property
    def num_envs(self) -> int:
        return len(self.state["seed"])

    def reset(self, seeds: Tensor, *, stagger: bool = False) -> Tensor:
        self.state = self.fresh(seeds, stagger=stagger)
        return self.observe()

    def exchange(self, kept: Tensor, seeds: Tensor, *, stagger: bool = False) -> Tensor:
        new = self.fresh(seeds, stagger=stagger)
        self.state = {name: torch.cat((value[kept], new[name])) for name, value in self.state.items()}
        return self.observe()[len(kept) :]

    def step(self, actions: Tensor) -> Step:
        state, action = self.state, actions.clamp(-1.0, 1.0)
        state["pos"] = state["pos"] + self.task.control_dt * action[:, 0]
        state["age"] = state["age"] + 1
        signals = self.signals(action)
        success = (state["pos"] - state["goal"]).abs() < 0.05
        truncated = state["age"] == self.task.horizon
        none = torch.zeros_like(success)
        final = self.observe()
        if truncated.any():
            self.begin_anew(truncated)
        score = success.float()
        return Step(self.observe(), signals, score, success, none, truncated, score, none, final)

    def advance(self) -> None:
        raise RewardsmithError("a point has no physics of its own.")

    def camera(self, width: int, height: int, name: str = "") -> Callable[[int], Tensor]:
        raise RewardsmithError("a point cannot be drawn.")

    def close(self) -> None:
        """A line needs no closing."""

    def signals(self, action: Tensor) -> dict[str, Tensor]:
        state = self.state
        return {
            "tool_pos": state["pos"][:, None].clone(),
            "tool_vel": action.clone(),
            "tool_quat": torch.tensor([1.0, 0.0, 0.0, 0.0]).repeat(len(action), 1),
            "goal_pos": state["goal"][:, None].clone(),
            "actions": action.clone(),
        }

    def observe(self) -> Tensor:
        return torch.stack((self.state["pos"], self.state["goal"]), dim=1)

    def fresh(self, seeds: Tensor, *, stagger: bool) -> dict[str, Tensor]:
        state = {"seed": seeds.clone(), "episode": torch.zeros_like(seeds), "age": torch.zeros_like(seeds)}
        if stagger:
            state["age"] = (self.draw(state, 3) * self.task.horizon).long()
        return self.placed(state)

    def begin_anew(self, ended: Tensor) -> None:
        after = {
            **self.state,
            "episode": self.state["episode"] + 1,
            "age": torch.zeros_like(self.state["age"]),
        }
        after = self.placed(after)
        self.state = {name: torch.where(ended, after[name], value) for name, value in self.state.items()}

    def placed(self, state: dict[str, Tensor]) -> dict[str, Tensor]:
        return {**state, "pos": self.draw(state, 1) - 0.5, "goal": self.draw(state, 2) + 1.0}

    def draw(self, state: dict[str, Tensor], number: int) -> Tensor:
        """In [0, 1)."""
        phase = (state["seed"] % 1_000_003).double() * 12.9898 + state["episode"] * 78.233 + number
        return (torch.sin(phase) * 43758.5453).frac().abs().float()


class Point:
    """Steer the point to its goal."""

    name, group, difficulty = "point", "control", "easy"
    description = (
        "A point is on a line, and is steered by its velocity, to the left or to the right. Bring it to "
        "its goal, which is somewhere to the right of it, and keep it there until the episode ends."
    )
    success_rule = "point within 0.05 m of the goal at the episode's last step"
    has_metric = False
    horizon, control_dt, human_reward = 20, 0.1, HUMAN
    on_cpu = True
    room: Mapping[str, int] = {}
    capabilities = Capabilities()
    signals = (
        Signal("tool_pos", (1,), "m", "line", "where the point is", Role.EFFECTOR, -3.0, 3.0),
        Signal("tool_vel", (1,), "m/s", "line", "its velocity", Role.EFFECTOR, -1.5, 1.5),
        Signal("tool_quat", (4,), "quat", "line", "its attitude", Role.EFFECTOR, -1.0, 1.0),
        Signal("goal_pos", (1,), "m", "line", "where it is to be", Role.GOAL, 0.5, 2.5),
        Signal("actions", (1,), "1", "policy", "commands of this step", Role.ACTION, -1.0, 1.0),
    )
    facts = (
        "Actions are clipped to [-1, 1], and 1 is a velocity of 1 m/s.",
        "Nothing ends an episode early.",
    )
    starts: Mapping[str, Span] = {
        "tool_pos": Span((-0.5,), (0.5,)),
        "tool_quat": Span((1.0, 0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0)),
        "goal_pos": Span((1.0,), (2.0,)),
    }
    env: type[PointEnv] = PointEnv

    def provenance(self) -> Mapping[str, str]:
        return {}

    def fingerprint(self) -> str:
        return "a line"

    def preset(self, trainer: str, device: Device) -> Preset:
        return {"env_steps": 10_000, "envs": 16} if trainer == "population" else {}

    def check_device(self, device: Device) -> None:
        """Anywhere."""

    def make(self, num_envs: int, threads: int, device: Device = "cpu") -> VecEnv:
        return self.env(self, num_envs, threads)


POINT = Point()
