"""Jobs for the engine at a tiny size, and programs that it must survive."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from rewardsmith.contracts import SPARSE, TrainingJob
from tests.conftest import TINY
from tests.training import Trained

QUICK = replace(TINY, env_steps=640)
"""Four epochs."""
NAN = """
def compute_reward(actions: Tensor) -> Tuple[Tensor, Dict[str, Tensor]]:
    bad = torch.sqrt(actions[:, 0] - 10.0)
    return (bad, {'bad': bad})
"""
SLOW = """
def compute_reward(actions: Tensor) -> Tuple[Tensor, Dict[str, Tensor]]:
    a = actions[:, 0].abs().sum() + 1.0
    while bool(a < 1e6):
        a = a + 1.0
    return (actions[:, 0] + 0.0 * a, {'a': actions[:, 0]})
"""
"""A million turns: some seconds of an epoch, half a second on a
processor five times as fast as those known."""
NO_PROGRAM = "def compute_reward(:"


Train = Callable[..., Trained]


def job(name: str, program: str = SPARSE, seed: int = 1, **changes: object) -> TrainingJob:
    return replace(TrainingJob(name, program, seed, f"{name}.pt", evaluation_seed=7), **changes)  # pyright: ignore[reportArgumentType]
