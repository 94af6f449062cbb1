"""Reward programs for any task, good and bad, as the guard prints them."""

from __future__ import annotations

from rewardsmith.baselines import control
from rewardsmith.contracts import Task

NO_PROGRAM = "def compute_reward(:"
_TYPED = (
    "def compute_reward({name}: Tensor) -> Tuple[Tensor, Dict[str, Tensor]]:\n    {body}\n    return "
    "(a, {{'a': b}})\n"
)


def human(task: Task) -> str:
    """The task's human reward; without one, what stands for it."""
    return control(task)


def scaled(task: Task, factor: float) -> str:
    """A program of one signal."""
    return _program(task, f"a = {{one}} * {factor}\n    b = a")


def diverging(task: Task) -> str:
    """Its total is no number from the first step on."""
    return _program(task, "a = torch.sqrt({one} * 0.0 - 10.0)\n    b = a")


def misshapen(task: Task) -> str:
    """Its total is one number for all environments."""
    return _program(task, "a = torch.sum({one})\n    b = {one}")


def _program(task: Task, body: str) -> str:
    signal = next(signal for signal in task.signals if len(signal.shape) < 2)
    one = f"{signal.name}[:, 0]" if signal.shape else signal.name
    return _TYPED.format(name=signal.name, body=body.format(one=one))
