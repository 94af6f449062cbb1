"""No task may make the CPU wait for a GPU, or mix tensors of both.

Every registered task is taken through a reset and two steps on torch's ``meta`` device: its tensors
have a shape and no numbers, so whatever asks for a number (``if mask.any()``, ``nonzero``,
``item``) fails, and so does what stays on the CPU."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from rewardsmith.registry import TASKS
from rewardsmith_envs import ASSETS, engine
from rewardsmith_envs.engine import SimulatedEnv
from rewardsmith_envs.robots.base import Robot
from rewardsmith_envs.simulators.base import FIELDS, STATE, Simulator
from rewardsmith_envs.simulators.cpu import CpuSimulator
from rewardsmith_envs.tasks.base import SimulatedTask
from rewardsmith_envs.tasks.cartpole import Cartpole

N = 5


class Numberless:
    """A simulator whose fields have shapes only, with the dtypes of the GPU simulator."""

    def __init__(self, task: SimulatedTask) -> None:
        scene = task.scene if "<" in task.scene else ASSETS / task.scene
        self._real = CpuSimulator(scene, N, task.decimation, 1)
        self.num_envs, self.scene, self.control_dt = N, self._real.scene, self._real.control_dt
        self.device = torch.device("meta")
        self._fields = {name: self._real[name].float().to(self.device) for name in FIELDS}

    def __getitem__(self, field: str) -> Tensor:
        return self._fields[field]

    @property
    def control_range(self) -> tuple[Tensor, Tensor]:
        low, high = self._real.control_range
        return low.float().to(self.device), high.float().to(self.device)

    def index(self, kind: str, name: str) -> int:
        return self._real.index(kind, name)

    def sensor(self, name: str) -> slice:
        return self._real.sensor(name)

    def step(self) -> None: ...

    def reset(self, mask: Tensor) -> None:
        assert mask.shape == (N,)

    def write(self, mask: Tensor, change: Callable[[Tensor], None]) -> None:
        live = self._fields
        self._fields = live | {name: live[name].double() for name in STATE}
        change(torch.arange(N, device=self.device))
        assert all(self._fields[name].shape == live[name].shape for name in STATE)
        self._fields = live

    def forward(self, mask: Tensor) -> bool:
        return mask.shape == (N,)

    def rearrange(self, kept: Tensor, total: int) -> None:
        assert total == N

    def camera(self, width: int, height: int, name: str) -> Callable[[int], Tensor]:
        raise AssertionError("nobody looks")


@pytest.fixture(autouse=True)
def readings_are_not_looked_at(monkeypatch: pytest.MonkeyPatch):
    """At the start, the engine may look at numbers, and does."""
    monkeypatch.setattr(engine, "check_readings", lambda *_: None)


def live_through_a_step(task: SimulatedTask, monkeypatch: pytest.MonkeyPatch) -> None:
    env = SimulatedEnv(task, Numberless(task))
    env.reset(torch.zeros(N, dtype=torch.int64), stagger=True)
    still = torch.zeros(N, env.action_size, device="meta")
    env.step(still)  # whatever is made once is there now

    def copied(*_: object, **__: object) -> Tensor:
        raise AssertionError("numbers are copied to the device in every step: use `constant`")

    monkeypatch.setattr(torch, "tensor", copied)
    monkeypatch.setattr(torch.Tensor, "new_tensor", copied)
    step = env.step(still)
    tensors = [
        step.observation,
        step.true_score,
        step.success,
        step.terminated,
        step.truncated,
        step.unstable,
        *step.signals.values(),
    ]
    assert all(tensor.device.type == "meta" for tensor in tensors)
    assert step.true_score.dtype == torch.float32


@pytest.mark.parametrize("name", TASKS.names())
def test_a_step_never_waits(name: str, monkeypatch: pytest.MonkeyPatch):
    task = TASKS.load(name)
    assert isinstance(task, SimulatedTask)
    live_through_a_step(task, monkeypatch)


def asks(self: Cartpole, sim: Simulator, rows: Tensor, draws: Tensor) -> None:
    if (draws > 0.5).any():
        sim["qpos"][rows, 0] = 1.0


def stays(self: Cartpole, sim: Simulator, rows: Tensor, draws: Tensor) -> None:
    sim["qpos"][rows, 1] = draws[:, 0] + torch.ones(len(rows))


def copies(self: Cartpole, sim: Simulator, rows: Tensor, draws: Tensor) -> None:
    sim["qpos"][rows] = draws[:, :2].double() + draws.new_tensor([0.1, 0.2])


@pytest.mark.parametrize(
    ("scatter", "complaint"),
    [(asks, "cannot be called on meta tensors"), (stays, "device"), (copies, "use `constant`")],
)
def test_a_task_that_waits_is_found(
    scatter: Callable[..., None], complaint: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(Cartpole, "scatter", scatter)
    with pytest.raises((RuntimeError, AssertionError), match=complaint):
        live_through_a_step(Cartpole(), monkeypatch)


def test_a_robot_that_reads_numbers_is_found(monkeypatch: pytest.MonkeyPatch):
    def robot(self: Cartpole, sim: Simulator) -> Robot:
        built = original(self, sim)
        act = built.act
        monkeypatch.setattr(built, "act", lambda actions: act(actions * float(actions.max())))
        return built

    original = Cartpole.robot
    monkeypatch.setattr(Cartpole, "robot", robot)
    with pytest.raises(RuntimeError, match="meta"):
        live_through_a_step(Cartpole(), monkeypatch)
