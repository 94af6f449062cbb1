"""For tests that need mujoco-warp: importing this skips them where it is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rewardsmith_envs import ASSETS

if TYPE_CHECKING:
    from rewardsmith_envs.simulators.cuda import WarpSimulator

warp = pytest.importorskip("warp", reason="mujoco-warp is not installed: pip install 'rewardsmith[gpu]'")
warp.config.optimization_level = 0  # compiles in half of the time


def warp_simulator(
    scene: str,
    num_envs: int,
    decimation: int,
    contacts: int = 16,
    constraints: int = 64,
    *,
    device: str = "cpu",
    capture: bool = True,
) -> WarpSimulator:
    """The GPU simulator; ``cpu`` is warp's own CPU device."""
    from rewardsmith_envs.simulators.cuda import WarpSimulator

    source = scene if "<" in scene else ASSETS / scene
    return WarpSimulator(source, num_envs, decimation, device, contacts, constraints, capture=capture)
