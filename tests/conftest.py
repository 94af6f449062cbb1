"""Fixtures that all tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from rewardsmith.contracts import Task, TrainingJob
from rewardsmith.registry import TASKS
from rewardsmith.reward.guard import Guard
from rewardsmith.testing.feeding import TINY
from rewardsmith.training.ppo import PpoSettings

torch.set_num_threads(1)

__all__ = ["TINY"]


@pytest.fixture(scope="session", autouse=True)
def state_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What the program remembers of studies goes to a folder of the
    tests, not to that of whoever runs them."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("state")
        patch.setenv("XDG_STATE_HOME", str(folder))
        yield folder


@pytest.fixture(autouse=True)
def no_task_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the task files that another one brought."""
    monkeypatch.setattr(TASKS, "_brought", {})
    monkeypatch.setattr(TASKS, "_doubtful", {})


@pytest.fixture(scope="session")
def guard() -> Iterator[Guard]:
    """One warm guard for the whole run."""
    shared = Guard(PpoSettings())
    yield shared
    shared.close()


@pytest.fixture(scope="session")
def reach() -> Task:
    return TASKS.load("franka-reach")


@pytest.fixture(scope="session")
def push() -> Task:
    return TASKS.load("franka-push")


@pytest.fixture(scope="session")
def human_program(guard: Guard, reach: Task) -> str:
    """The human reward of franka-reach as the guard prints it."""
    return guard.check(reach.human_reward, reach).program


@pytest.fixture(scope="session")
def opengl() -> None:
    """For tests that draw: something draws here without a display."""
    from rewardsmith_envs.simulators.opengl import RenderingError, context_class

    try:
        context_class()
    except RenderingError as error:
        pytest.skip(str(error))


@pytest.fixture
def unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs that no layer of the guard has seen run in this process:
    what is tested lies behind the guard."""
    monkeypatch.setattr("rewardsmith.reward.program.check_graph", lambda function: None)


@pytest.fixture
def job(tmp_path: Path):
    """Builds training jobs whose policies go to a temporary folder."""

    def build(candidate: str, program: str, seed: int = 0) -> TrainingJob:
        return TrainingJob(candidate, program, seed, str(tmp_path / candidate / "policy.pt"))

    return build
