"""What every simulated task states; :mod:`rewardsmith_envs.engine` does the rest."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from rewardsmith.contracts import Capabilities, Device, Preset, Signal, Span, VecEnv
from rewardsmith_envs import ASSETS
from rewardsmith_envs.tasks.presets import PPO_TRAINERS, ppo

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from rewardsmith_envs.robots.base import Robot
    from rewardsmith_envs.simulators.base import Simulator


class SimulatedTask(ABC):
    """A task on a MuJoCo scene.

    A task has a goal (:meth:`success`) or a metric (:meth:`true_score`). A signal is read from the
    scene's sensor of the same name, or from the robot (see :mod:`rewardsmith_envs.engine`).
    """

    name: str
    group: str
    """What ``rewardsmith tasks`` lists it under:
    ``manipulation``, ``locomotion``, ``control``, ..."""
    difficulty: str
    """``easy``, ``medium`` or ``hard``: how much a reward has to get right."""
    description: str
    success_rule: str
    signals: tuple[Signal, ...]
    own_facts: tuple[str, ...] = ()
    """What a person would measure beyond :meth:`robot_facts`, one sentence each: sizes and masses
    that :attr:`description` lacks, friction, and what :meth:`failed` ends an episode for."""
    scene: str
    """File name of the MJCF scene under ``assets/``, or the MJCF text
    itself, which may include files from there."""
    horizon: int
    decimation: int = 4
    control_dt: float = 0.04
    human_reward: str
    cpu_preset: Preset = ppo()
    """What suits the task better than the defaults of the trainers that train by PPO."""
    gpu_preset: Preset = ppo(envs=4096, rollout=16, minibatches=4, mini_epochs=5, env_steps=20_000_000)
    """The same for ``--device cuda``."""
    on_cpu: bool = True
    """Whether training on a CPU is sensible: minutes, not days."""
    latched: bool = False
    """Whether a goal that was met once counts as met for the rest of the
    episode. Not for tasks with :attr:`goal_draws`."""
    worst: float | None = None
    """For a metric that is a mean over the episode: :meth:`true_score` gives the metric of one
    step, and this is its least value. It also counts for every step of the horizon that an episode
    lacks, so an early end never pays. ``None``: no mean is taken."""
    contacts: int = 32
    """Contacts that one world may have on average, for simulators with buffers of a fixed size."""
    constraints: int = 128
    """Constraint rows that one world may have, for simulators with buffers of a fixed size."""
    draws: int
    """Random numbers that one reset takes."""
    capabilities: Capabilities = Capabilities()
    goal_draws: int = 0
    """Random numbers that one goal takes, where a reached goal is followed by the next: the true
    score is then the number of goals that the episode reached. 0: an episode has at most one."""

    @property
    def has_metric(self) -> bool:
        """Whether a metric takes the place of a goal that is met or not."""
        return type(self).success is SimulatedTask.success

    @property
    def facts(self) -> tuple[str, ...]:
        """Of actions, robot and scene."""
        endless = type(self).failed is SimulatedTask.failed
        ending = ("Nothing ends an episode early.",) if endless else ()
        return ("Actions are clipped to [-1, 1].", *self.robot_facts(), *self.own_facts, *ending)

    def robot_facts(self) -> tuple[str, ...]:
        """What a person would measure of a robot that several tasks share, one sentence each."""
        return ()

    @property
    def starts(self) -> Mapping[str, Span]:
        """As measured and kept beside the task's module (see :mod:`rewardsmith_envs.starts`)."""
        from rewardsmith_envs.starts import recorded

        return recorded(self)

    @property
    def room(self) -> Mapping[str, int]:
        """Of buffers of a fixed size, as people read it."""
        return {"contacts": self.contacts, "constraint rows": self.constraints}

    def preset(self, trainer: str, device: Device) -> Preset:
        """What suits the task on a device, for trainers that train by PPO."""
        if trainer not in PPO_TRAINERS:
            return ppo()
        return self.cpu_preset if device == "cpu" else self.gpu_preset

    def provenance(self) -> Mapping[str, str]:
        """The simulators that are installed."""
        found = {}
        for package in ("mujoco", "mujoco-warp"):
            with suppress(PackageNotFoundError):
                found[package] = version(package)
        return found

    def fingerprint(self) -> str:
        """A hash of what the environments are made from.

        That is the scene and its neighbours, this package, and the modules of the task's classes.
        """
        package = ASSETS.parent
        modules = (getattr(sys.modules.get(kind.__module__), "__file__", None) for kind in type(self).__mro__)
        scenes = [] if "<" in self.scene else (ASSETS / self.scene).parent.glob("*.xml")
        files = {*map(Path, filter(None, modules)), *scenes, *package.rglob("*.py"), *package.rglob("*.xml")}
        digest = sha256(self.scene.encode())
        for file in sorted(filter(Path.is_file, files)):
            digest.update(sha256(file.read_bytes()).digest())
        return digest.hexdigest()[:16]

    @abstractmethod
    def robot(self, sim: Simulator) -> Robot:
        """The robot in the scene."""

    @abstractmethod
    def scatter(self, sim: Simulator, rows: Tensor, draws: Tensor) -> None:
        """Write the start states of ``rows``, which are at the home keyframe.

        Args:
            sim: The simulator.
            rows: Indices of the environments, ``(n,)``.
            draws: Uniform numbers in [0, 1), ``(n, self.draws)``.
        """

    def aim(self, sim: Simulator, rows: Tensor, draws: Tensor) -> None:
        """Write the next goal of ``rows``, at the start of an episode and when a goal is reached.

        Args:
            sim: The simulator.
            rows: Indices of the environments, ``(n,)``.
            draws: Uniform numbers in [0, 1), ``(n, self.goal_draws)``.
        """
        raise NotImplementedError(f"task {self.name} has goal_draws, so it must say how a goal is written")

    @abstractmethod
    def observe(self, signals: dict[str, Tensor]) -> tuple[Tensor, ...]:
        """The parts of the policy's input, each ``(num_envs, k)``; the trainer normalises them."""

    def success(self, signals: dict[str, Tensor]) -> Tensor:
        """Whether the sparse goal is met now, ``(num_envs,)`` bool.

        Never, where a metric takes its place.
        """
        return never(signals)

    def true_score(self, signals: dict[str, Tensor], success: Tensor, elapsed: Tensor) -> Tensor:
        """The episode's true score so far, ``(num_envs,)`` float32: here, if the goal is met now.

        Args:
            signals: All signals after the step.
            success: What :meth:`success` says; false where the simulation became non-finite.
            elapsed: Control steps since the episode began, ``(num_envs,)`` int64.
        """
        return success.float()

    def failed(self, signals: dict[str, Tensor]) -> Tensor:
        """Whether the episode is over before its horizon, as after a fall, ``(num_envs,)`` bool."""
        return never(signals)

    def check_device(self, device: str) -> None:
        """Refuse a device that this machine cannot simulate on.

        See :func:`rewardsmith_envs.simulators.devices.check`.
        """
        from rewardsmith_envs.simulators.devices import check

        check(device)

    def make(self, num_envs: int, threads: int, device: str = "cpu") -> VecEnv:
        """Build ``num_envs`` environments.

        Args:
            num_envs: Number of environments.
            threads: Physics threads of the CPU simulator.
            device: ``cpu`` or ``cuda`` (see :mod:`rewardsmith_envs.simulators.devices`).

        Raises:
            UsageError: This machine cannot simulate on ``device``.
            SceneError: Task and scene do not fit each other.
        """
        from rewardsmith_envs.engine import SimulatedEnv
        from rewardsmith_envs.simulators.devices import check

        check(device)
        scene = self.scene if "<" in self.scene else ASSETS / self.scene
        if device == "cpu":
            from rewardsmith_envs.simulators.cpu import CpuSimulator

            return SimulatedEnv(self, CpuSimulator(scene, num_envs, self.decimation, threads))
        from rewardsmith_envs.simulators.cuda import WarpSimulator

        return SimulatedEnv(
            self, WarpSimulator(scene, num_envs, self.decimation, device, self.contacts, self.constraints)
        )


def never(signals: dict[str, Tensor]) -> Tensor:
    """False for every environment, ``(num_envs,)`` bool."""
    import torch

    one = next(iter(signals.values()))
    return torch.zeros(len(one), dtype=torch.bool, device=one.device)


def spread(draws: Tensor, low: tuple[float, ...], high: tuple[float, ...]) -> Tensor:
    """Map uniform numbers ``(..., k)`` to the box from ``low`` to ``high``."""
    lower = constant(low, draws.device)
    return lower + (constant(high, draws.device) - lower) * draws


@cache
def constant(values: tuple[float, ...], device: torch.device) -> Tensor:
    """Numbers of a task as a float32 tensor, made once. Do not write to it.

    A copy to a GPU would wait for everything before it.
    """
    import torch

    return torch.tensor(values, device=device)


def scatter_body(sim: Simulator, rows: Tensor, start: int, planar: Tensor, yaw: Tensor) -> None:
    """Put a free body somewhere on the table, upright.

    Args:
        sim: The simulator.
        rows: Indices of the environments, ``(n,)``.
        start: Where the seven numbers of the body's free joint begin in ``qpos``.
        planar: Its x and y, ``(n, 2)`` [m].
        yaw: Its turn about z, ``(n,)`` [rad].
    """
    sim["qpos"][rows, start : start + 2] = planar.double()
    sim["qpos"][rows, start + 3] = (yaw / 2).cos().double()
    sim["qpos"][rows, start + 6] = (yaw / 2).sin().double()


def any_apart(options: Tensor, origin: Tensor, distance_m: float) -> Tensor:
    """One of several points that is far enough from an origin.

    Args:
        options: Points to choose from, ``(n, k, d)`` [m].
        origin: ``(n, d)`` [m].
        distance_m: The least distance.

    Returns:
        ``(n, d)``; the farthest option where none is far enough.
    """
    choice = (options - origin[:, None]).norm(dim=2).clamp(max=distance_m).argmax(dim=1)
    return options.take_along_dim(choice[:, None, None], dim=1)[:, 0]
