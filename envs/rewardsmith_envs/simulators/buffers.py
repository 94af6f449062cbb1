"""Whether contacts and constraints fit the buffers of mujoco-warp, which drops what does not."""

from __future__ import annotations

from typing import Any

import mujoco
import mujoco_warp as mjw
import torch
from torch import Tensor

from rewardsmith_envs.simulators.base import SPARE
from rewardsmith_envs.simulators.scene import SceneError

mj: Any = mujoco
"""The module is compiled and without stubs."""

_HARMLESS = mjw.OverflowType.ITERATIONS | mjw.OverflowType.LS_ITERATIONS
"""The solver stopped at the scene's own limit, as it does on the CPU."""
_KINDS = mjw.OverflowType
OWN = _KINDS.NEFC | _KINDS.NJMAX_NNZ | _KINDS.CCD | _KINDS.HFIELD | _KINDS.EPA_HORIZON
"""What one world alone lacked room for. Room for contacts is
shared: nobody can say who went without."""


class Budget:
    """Room for contacts and constraint rows, and whether it was enough so far."""

    def __init__(self, scene: str, num_envs: int, contacts: int, constraints: int) -> None:
        """Note what there is room for.

        Args:
            scene: What error messages call the scene.
            num_envs: Number of worlds.
            contacts: Contacts per world, on average.
            constraints: Constraint rows in every world.
        """
        self._scene = scene
        self._num_envs = num_envs
        self._contacts = contacts
        self._constraints = constraints
        self._latest = torch.zeros(2, dtype=torch.int32, pin_memory=torch.cuda.is_available())

    def check_home(self, home: Any) -> None:
        """Look at the home keyframe.

        Raises:
            SceneError: It alone needs more room.
        """
        self._compare("<key name='home'> alone has", home.ncon, home.nefc)

    def check(self, peaks: Tensor) -> None:
        """Look at the peaks that arrived, and ask for the present ones without waiting for them.

        Args:
            peaks: What :func:`rewardsmith_envs.simulators.kernels.watch` counted, ``(2,)`` int32 on
                the simulator's device.

        Raises:
            SceneError: There was too little room for contacts, which are then missing in any world.
        """
        self._latest.copy_(peaks, non_blocking=True)
        contacts, complaints = self._latest.tolist()
        self._compare("it came to", -(-contacts // self._num_envs), 0)
        rest = mjw.OverflowType(complaints & ~_HARMLESS)
        if rest:
            raise SceneError(
                f"{self._scene}: mujoco-warp ran out of room ({rest.name}). Raise the task's `contacts` "
                "and `constraints`."
            )

    def _compare(self, when: str, contacts: int, constraints: int) -> None:
        for name, needed, room, unit in (
            ("contacts", contacts, self._contacts, "contacts or near pairs of geoms per world on average"),
            ("constraints", constraints, self._constraints, "constraint rows in one world"),
        ):
            if needed > room:
                raise SceneError(
                    f"{self._scene}: {when} {needed} {unit}, but the task's `{name}` is {room}. Raise "
                    f"`{name}` to {round(SPARE * needed)}."
                )


def at_home(model: Any) -> Any:
    """The home keyframe with all that follows from it, as an ``MjData``."""
    home = mj.MjData(model)
    mj.mj_resetDataKeyframe(model, home, model.key("home").id)
    mj.mj_forward(model, home)
    return home
