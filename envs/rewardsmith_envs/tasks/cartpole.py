"""cartpole: keep a pole upright on a cart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rewardsmith.contracts import Role, Signal
from rewardsmith_envs.tasks.base import SimulatedTask, spread
from rewardsmith_envs.tasks.commands import commands
from rewardsmith_envs.tasks.presets import PAPERS_PPO, ppo

if TYPE_CHECKING:
    from torch import Tensor

    from rewardsmith_envs.robots.base import Robot
    from rewardsmith_envs.simulators.base import Simulator

_LEVEL_RAD, _FAR_M = 1.5708, 3.0
"""Where the pole lies level and the cart is too far away."""


class Cartpole(SimulatedTask):
    """Eureka's Cartpole: the metric is how many of 500 steps an episode lasts.

    It ends at 3 m or 90 degrees (appendix, Isaac tasks).

    Rail, start noise and step are as there; masses and the motor are ours.
    """

    name = "cartpole"
    group = "control"
    difficulty = "easy"
    description = (
        "A cart runs on a rail along x; a pole of length 1 m is hinged on it and falls over "
        "unless the cart balances it. A motor pushes the cart along the rail with up to 20 N. "
        "Keep the pole upright and the cart within 3 m of the middle for as long as possible. The "
        "episode ends when the pole lies level or the cart is more than 3 m away, and at the "
        "latest after 500 control steps of 1/60 s. It starts with the pole almost upright."
    )
    success_rule = (
        "metric: control steps until the pole is beyond pi/2 rad or the cart beyond 3 m, 500 at most"
    )
    signals = (
        Signal(
            "cart_pos",
            (),
            "m",
            "world",
            "position of the cart on the rail, 0 in the middle",
            Role.EFFECTOR,
            -3.5,
            3.5,
        ),
        Signal("cart_vel", (), "m/s", "world", "velocity of the cart", Role.EFFECTOR, -15.0, 15.0),
        Signal(
            "pole_angle",
            (),
            "rad",
            "world",
            "angle of the pole from the vertical, positive towards +x",
            Role.OBJECT,
            -1.9,
            1.9,
        ),
        Signal("pole_vel", (), "rad/s", "world", "angular velocity of the pole", Role.OBJECT, -25.0, 25.0),
        *commands(1, "world", "commanded force along the rail (1 is 20 N)"),
    )
    own_facts = (
        "The cart weighs 1 kg, the pole 0.3 kg; hinge and rail have hardly any friction.",
        f"An episode ends early when pole_angle is beyond {_LEVEL_RAD:.2f} rad or cart_pos beyond {_FAR_M:g} "
        "m, either way.",
    )
    scene = "cartpole.xml"
    horizon = 500
    decimation = 2
    control_dt = 1 / 60
    contacts = 4
    constraints = 8
    draws = 4
    cpu_preset = ppo(env_steps=400_000, rollout=64, hidden=(32, 32), discount=0.995)
    gpu_preset = ppo(
        PAPERS_PPO,
        env_steps=819_200,
        envs=512,
        rollout=16,
        hidden=(32, 32),
        minibatches=1,
        mini_epochs=8,
        learning_rate=3e-4,
    )
    human_reward = """\
def compute_reward(cart_pos, cart_vel, pole_angle, pole_vel):
    upright = 1.0 - pole_angle ** 2
    calm = -0.05 * torch.abs(cart_vel) - 0.005 * torch.abs(pole_vel)
    middle = torch.exp(-cart_pos ** 2)
    return upright + calm + middle, {"upright": upright, "calm": calm, "middle": middle}
"""

    def robot(self, sim: Simulator) -> Robot:
        """The cart and its pole."""
        from rewardsmith_envs.robots.actuated import ActuatedRobot
        from rewardsmith_envs.robots.base import Joints

        return ActuatedRobot(sim, {"": Joints(slice(0, 2), slice(0, 2))})

    def scatter(self, sim: Simulator, rows: Tensor, draws: Tensor) -> None:
        """Positions and velocities of both joints within 0.1 of zero."""
        noise = spread(draws, (-0.1,) * 4, (0.1,) * 4).double()
        sim["qpos"][rows] = noise[:, :2]
        sim["qvel"][rows] = noise[:, 2:]

    def observe(self, signals: dict[str, Tensor]) -> tuple[Tensor, ...]:
        """Both joints."""
        return tuple(signals[name][:, None] for name in ("cart_pos", "cart_vel", "pole_angle", "pole_vel"))

    def true_score(self, signals: dict[str, Tensor], success: Tensor, elapsed: Tensor) -> Tensor:
        """How long the episode has lasted [control steps]."""
        return elapsed.float()

    def failed(self, signals: dict[str, Tensor]) -> Tensor:
        """The pole lies level, or the cart is too far away."""
        return (signals["pole_angle"].abs() > _LEVEL_RAD) | (signals["cart_pos"].abs() > _FAR_M)


TASK = Cartpole()
