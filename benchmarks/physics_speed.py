"""What is left of the bare engine's speed, and what the code of every task costs.

    .venv/bin/python benchmarks/physics_speed.py
        [--tasks franka-push ant] [--rounds 5] [--threads 1]

Three runs side by side in one process: the environment under random actions, our simulator alone,
and mujoco.batch with nothing around it. The last two get the controls and start states of the
first, so all three visit the same states, to the last bit, which is checked. Speeds are medians
over interleaved rounds; only the ratios mean something on a machine that does other things too.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from typing import Any, NamedTuple, Protocol

import mujoco
import torch
from mujoco.batch import Batch
from torch import Tensor

from rewardsmith_envs.engine import SimulatedEnv
from rewardsmith_envs.simulators.base import STATE
from rewardsmith_envs.simulators.cpu import CpuSimulator
from rewardsmith_envs.tasks.base import SimulatedTask
from tests.physics import held_actions, scene_of, simulated_tasks

ENVS = 256
ROUND_S, WARM_UP_S, WARM_UP_STEPS = 0.6, 2.0, 25
"""Seconds that one round of all three takes, and what is run before
the first one, so that bodies are in touch."""
LEAST_RATIO, MOST_TASK_CODE = 0.9, 0.2
"""Wanted of every task; wanted of the tasks in :data:`JUDGED`."""
JUDGED = ("franka-reach", "franka-push", "franka-lift", "franka-drawer")
_MUJOCO: Any = mujoco
_STAGE = _MUJOCO.mjtStage


class Deed(NamedTuple):
    """Done to a simulator: a reset or a recomputation of some environments, or a step of all."""

    kind: str
    mask: Tensor
    values: dict[str, Tensor]
    """What the mask's environments were given before: start states, or controls."""


class Follower(Protocol):
    """What can repeat deeds.

    The methods are those of :class:`rewardsmith_envs.simulators.base.Simulator`.
    """

    def __getitem__(self, name: str, /) -> Tensor:
        """The live tensor of one field of the state."""
        ...

    def reset(self, mask: Tensor) -> None:
        """Put environments at the home keyframe."""
        ...

    def forward(self, mask: Tensor) -> bool:
        """Recompute what follows from their state."""
        ...

    def step(self) -> None:
        """Advance one control step."""
        ...


class Leader(CpuSimulator):
    """Notes what is done to it and how long its own steps take."""

    def __init__(self, task: SimulatedTask, threads: int) -> None:
        super().__init__(scene_of(task), ENVS, task.decimation, threads)
        self.deeds: list[Deed] = []
        self.seconds = 0.0
        self._everyone = torch.ones(ENVS, dtype=torch.bool)

    def step(self) -> None:
        """Note the controls and the time."""
        self.deeds.append(Deed("step", self._everyone, {"ctrl": self["ctrl"].clone()}))
        started = time.perf_counter()
        super().step()
        self.seconds += time.perf_counter() - started

    def reset(self, mask: Tensor) -> None:
        """Note who is reset."""
        self.deeds.append(Deed("reset", mask.clone(), {}))
        super().reset(mask)

    def forward(self, mask: Tensor) -> bool:
        """Note the states that were written."""
        self.deeds.append(Deed("forward", mask.clone(), {name: self[name][mask] for name in STATE}))
        return super().forward(mask)


class Bare:
    """mujoco.batch: steps alone, no derived field is computed anew or copied out after them."""

    def __init__(self, model: Any, decimation: int, threads: int) -> None:
        self._batch = Batch(model, ENVS, threads, persistent=True)
        self._fields = {name: torch.from_numpy(self._batch.bind(name)) for name in STATE}
        self._home, self._decimation = model.key("home").id, decimation
        self._batch.reset(keyframe=self._home)

    def __getitem__(self, name: str, /) -> Tensor:
        """The live tensor of one field of the state."""
        return self._fields[name]

    def reset(self, mask: Tensor) -> None:
        """Put environments at the home keyframe."""
        self._batch.reset(mask.nonzero()[:, 0].int().numpy(), keyframe=self._home, stage=_STAGE.mjSTAGE_NONE)

    def forward(self, mask: Tensor) -> bool:
        """Recompute what follows from their state."""
        self._batch.forward(mask.nonzero()[:, 0].int().numpy(), stage=_STAGE.mjSTAGE_VEL)
        return True

    def step(self) -> None:
        """Advance one control step."""
        self._batch.step(nstep=self._decimation)


def repeat(follower: Follower, deeds: list[Deed]) -> float:
    """Repeat deeds; the seconds that the steps among them took."""
    seconds = 0.0
    for kind, mask, values in deeds:
        for name, value in values.items():
            follower[name][mask] = value
        if kind == "step":
            started = time.perf_counter()
            follower.step()
            seconds += time.perf_counter() - started
        elif mask.any():
            (follower.reset if kind == "reset" else follower.forward)(mask)
    return seconds


class Times(NamedTuple):
    """Seconds of one round."""

    bare: float
    simulator: float
    env: float
    physics_of_env: float


class Measured(NamedTuple):
    """All rounds of one task."""

    task: SimulatedTask
    steps: int
    """Control steps of a round."""
    rounds: list[Times]

    def ratio(self) -> float:
        """Speed of our simulator over that of the bare engine."""
        return statistics.median(times.bare / times.simulator for times in self.rounds)

    def task_code(self) -> float:
        """Share of the environment's time that is not physics."""
        return statistics.median(1.0 - times.physics_of_env / times.env for times in self.rounds)

    def row(self) -> str:
        """One row of the table."""
        taken = ENVS * self.steps
        physics = taken * self.task.decimation / statistics.median(times.bare for times in self.rounds)
        million = 1e6 / taken * statistics.median(times.env for times in self.rounds)
        return (
            f"| {self.task.name} | {physics:,.0f} | {self.ratio():.2f} | {100 * self.task_code():.1f} % "
            f"| {million:,.0f} |"
        )


class Race:
    """The three runs of one task, step by step."""

    def __init__(self, task: SimulatedTask, threads: int) -> None:
        self._leader = Leader(task, threads)
        self._env = SimulatedEnv(task, self._leader)
        self._bare = Bare(self._leader.model, task.decimation, threads)
        self._simulator = CpuSimulator(scene_of(task), ENVS, task.decimation, threads)
        self._env.reset(torch.arange(ENVS), stagger=True)
        self._plan = held_actions(ENVS, self._env.action_size, seed=0)

    def run(self, steps: int) -> Times:
        """Take steps; the seconds that each run took.

        The order of the two that follow alternates: whatever else the machine does, it does to all
        of them.
        """
        self._leader.seconds, env, bare, simulator = 0.0, 0.0, 0.0, 0.0
        for number in range(steps):
            actions = next(self._plan)
            started = time.perf_counter()
            self._env.step(actions)
            env += time.perf_counter() - started
            deeds, self._leader.deeds = self._leader.deeds, []
            if number % 2:
                bare += repeat(self._bare, deeds)
            simulator += repeat(self._simulator, deeds)
            if not number % 2:
                bare += repeat(self._bare, deeds)
        for name, follower in (("mujoco.batch", self._bare), ("the simulator", self._simulator)):
            if not torch.equal(follower["qpos"], self._leader["qpos"]):
                sys.exit(
                    f"{self._leader.scene}: {name} went another way than the environment, so their times "
                    "cannot be compared."
                )
        return Times(bare, simulator, env, self._leader.seconds)


def measure(task: SimulatedTask, rounds: int, threads: int) -> Measured:
    """Time one task: first until bodies touch, which also says how many steps a round may have."""
    race = Race(task, threads)
    started, steps = time.perf_counter(), 0
    while steps < WARM_UP_STEPS and time.perf_counter() - started < WARM_UP_S:
        race.run(1)
        steps += 1
    steps = max(1, round(ROUND_S * steps / (time.perf_counter() - started)))
    return Measured(task, steps, [race.run(steps) for _ in range(rounds)])


def main() -> None:
    """Measure and print."""
    tasks = simulated_tasks()
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tasks", nargs="+", default=list(tasks), choices=tasks)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--threads", type=int, default=1, help="physics threads; the more, the smaller the share of physics"
    )
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(
        f"{ENVS} environments, {options.threads} physics threads, 1 torch thread, {options.rounds} "
        "interleaved rounds\n"
    )
    print(
        "| task | bare physics steps/s | simulator / bare | task code | s per million env steps |\n"
        "|---|---:|---:|---:|---:|"
    )
    results: list[Measured] = []
    for name in options.tasks:
        results.append(measure(tasks[name], options.rounds, options.threads))
        print(results[-1].row(), flush=True)
    slow = [result.task.name for result in results if result.ratio() < LEAST_RATIO]
    wordy = [r.task.name for r in results if r.task.name in JUDGED and r.task_code() > MOST_TASK_CODE]
    print(f"\nsimulator / bare below {LEAST_RATIO:.0%}: {', '.join(slow) or 'none'}")
    print(f"task code above {MOST_TASK_CODE:.0%} in {', '.join(JUDGED)}: {', '.join(wordy) or 'none'}")


if __name__ == "__main__":
    main()
