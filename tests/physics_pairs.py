"""Pairs of geoms that may touch, and those that are near each other."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from rewardsmith_envs.simulators.cpu import CpuSimulator

mj: Any = mujoco
"""The module is compiled and without stubs."""


class Pairs:
    """Pairs of geoms that are near each other. Simulators with buffers of a fixed size keep them in
    the buffer of contacts.

    mujoco-warp compares bounding spheres and then oriented boxes; here it is upright boxes, so
    these are at least as many."""

    def __init__(self, sim: CpuSimulator) -> None:
        """List all pairs that may touch (contact bits, parents and exclusions as in
        MuJoCo's documentation of collision detection)."""
        self._model: Any = sim.model
        silent = sim.model.opt.disableflags & mj.mjtDisableBit.mjDSBL_CONTACT.value
        pairs = (
            []
            if silent
            else [pair for pair in combinations(range(sim.model.ngeom), 2) if _may_touch(sim.model, *pair)]
        )
        self._first, self._second = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
        self._pos, self._mat = sim._batch.bind("geom_xpos"), sim._batch.bind("geom_xmat")

    def near(self) -> NDArray[np.int64]:
        """Pairs whose bounding spheres and bounding boxes overlap,
        ``(envs,)``; a plane is all below it."""
        model, pos = self._model, self._pos
        rotations = self._mat.reshape(len(pos), -1, 3, 3)
        local, half = model.geom_aabb[:, :3], model.geom_aabb[:, 3:]
        middle = pos + np.einsum("ngij,gj->ngi", rotations, local)
        extent = np.einsum("ngij,gj->ngi", np.abs(rotations), half)
        a, b = self._first, self._second
        radius, slack = model.geom_rbound, model.geom_margin + model.geom_gap
        margin = slack[a] + slack[b]
        apart = pos[:, b] - pos[:, a]
        balls = (apart**2).sum(axis=2) <= (radius[a] + radius[b] + margin) ** 2
        boxes = (np.abs(middle[:, b] - middle[:, a]) <= extent[:, a] + extent[:, b] + margin[:, None]).all(
            axis=2
        )
        normals = rotations[..., 2]
        below_a = (apart * normals[:, a]).sum(axis=2) <= radius[b] + margin
        below_b = -(apart * normals[:, b]).sum(axis=2) <= radius[a] + margin
        return np.where(radius[a] == 0, below_a, np.where(radius[b] == 0, below_b, balls & boxes)).sum(axis=1)


def bits(model: Any, a: Any, b: Any) -> Any:
    """The contact bits that let geoms touch; none if they may not."""
    return (model.geom_contype[a] & model.geom_conaffinity[b]) | (
        model.geom_contype[b] & model.geom_conaffinity[a]
    )


def _may_touch(model: Any, a: int, b: int) -> bool:
    one, two = model.geom_bodyid[[a, b]]
    weld, parent = model.body_weldid, model.body_parentid
    near_kin = (
        weld[one]
        and weld[two]
        and (weld[parent[weld[one]]] == weld[two] or weld[parent[weld[two]]] == weld[one])
    )
    excluded = (min(one, two) << 16) + max(one, two) in set(model.exclude_signature.tolist())
    return bool(bits(model, a, b)) and weld[one] != weld[two] and not near_kin and not excluded
