"""A task that exists on paper only, with every kind of signal that writers tell apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from torch import Tensor

from rewardsmith.contracts import Capabilities, Device, Preset, Role, Signal, Span, VecEnv
from rewardsmith.errors import RewardsmithError


class Toy:
    """Put the ball into the bowl."""

    name = "toy"
    group = "manipulation"
    difficulty = "easy"
    description = "A hand with two fingers picks up a ball and puts it into a bowl."
    success_rule = "ball in the bowl"
    has_metric = False
    horizon = 10
    control_dt = 0.1
    human_reward = (
        "def compute_reward(ball_pos):\n    secret = -torch.norm(ball_pos, dim=-1)\n"
        "    return secret, {'secret': secret}\n"
    )
    on_cpu = True
    room: Mapping[str, int] = MappingProxyType({})
    signals = (
        Signal("hand_pos", (3,), "m", "world", "centre of the hand", Role.EFFECTOR, -1.0, 1.0),
        Signal("hand_quat", (4,), "quat", "world", "attitude of the hand", Role.EFFECTOR, -1.0, 1.0),
        Signal("finger_opening", (), "m", "gripper", "gap between the fingers", Role.GRIPPER, 0.0, 0.08),
        Signal("joint_vel", (7,), "rad/s", "joint", "speed of every joint", Role.JOINT, -3.0, 3.0),
        Signal("ball_pos", (3,), "m", "world", "centre of the ball", Role.OBJECT, -1.0, 1.0),
        Signal("bowl_pos", (3,), "m", "world", "centre of the bowl", Role.GOAL, -1.0, 1.0),
        Signal("actions", (4,), "1", "policy", "commands of this step", Role.ACTION, -1.0, 1.0),
        Signal(
            "previous_actions", (4,), "1", "policy", "commands of the step before", Role.ACTION, -1.0, 1.0
        ),
    )

    facts = ("The ball has a radius of 0.03 m.", "Nothing ends an episode early.")
    starts: Mapping[str, Span] = MappingProxyType(
        {
            "hand_pos": Span((0.0, 0.0, 0.5), (0.0, 0.0, 0.5)),
            "finger_opening": Span((0.08,), (0.08,)),
            "ball_pos": Span((0.1, -0.25, 0.03), (0.4, 0.25, 0.03)),
        }
    )

    capabilities = Capabilities()

    def provenance(self) -> Mapping[str, str]:
        return {}

    def fingerprint(self) -> str:
        """Paper stays as it is."""
        return ""

    def preset(self, trainer: str, device: Device) -> Preset:
        """Any defaults will do."""
        return {}

    def check_device(self, device: Device) -> None:
        """Anywhere, as it is on paper only."""

    def make(self, num_envs: int, threads: int, device: Device = "cpu") -> VecEnv:
        """There is no world behind it."""
        raise NotImplementedError


class Bare:
    """What environments have in common whose physics does not run by
    itself and that nobody can look at."""

    def advance(self) -> None:
        raise RewardsmithError("the physics does not run by itself")

    def camera(self, width: int, height: int, name: str = "") -> Callable[[int], Tensor]:
        raise RewardsmithError("there is nothing to be seen")

    def close(self) -> None:
        """Nothing is open."""


TOY = Toy()
