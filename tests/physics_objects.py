"""The objects of a scene: their energy, how low they reach, and what has swallowed them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewardsmith_envs.simulators.cpu import CpuSimulator
from tests.physics_pairs import bits, mj

Array = NDArray[np.float64]


class Objects:
    """The free bodies of a scene that can touch others and that no actuator
    drives, each with all that hangs on it."""

    def __init__(self, sim: CpuSimulator) -> None:
        """Find them; ``sim`` stands at the home keyframe."""
        model: Any = sim.model
        data = mj.MjData(model)
        mj.mj_resetDataKeyframe(model, data, model.key("home").id)
        mj.mj_forward(model, data)
        driven = {int(model.dof_treeid[dof]) for dof in data.moment_colind[: int(data.moment_rownnz.sum())]}
        free = [n for n in range(model.njnt) if model.jnt_type[n] == mj.mjtJoint.mjJNT_FREE.value]
        touching = model.geom_bodyid[(model.geom_contype | model.geom_conaffinity) > 0]
        passive = set(model.body_treeid[touching].tolist()) - driven
        joints = [n for n in free if int(model.body_treeid[model.jnt_bodyid[n]]) in passive]
        trees = [int(model.body_treeid[model.jnt_bodyid[n]]) for n in joints]
        self.qpos = [int(model.jnt_qposadr[n]) for n in joints]
        """Where the seven numbers of each begin in ``qpos``."""
        self.qvel = [int(model.jnt_dofadr[n]) for n in joints]
        """Where the six numbers of each begin in ``qvel``."""
        self.bodies = [np.flatnonzero(model.body_treeid == tree) for tree in trees]
        touches = (model.geom_contype | model.geom_conaffinity) > 0
        self.geoms = [np.flatnonzero(touches & np.isin(model.geom_bodyid, bodies)) for bodies in self.bodies]
        self.mass = np.array([model.body_mass[bodies].sum() for bodies in self.bodies])
        """``(objects,)`` [kg]"""
        self._model = model
        self._solids = [n for n in range(model.ngeom) if self._is_solid(n)]
        self._fields = {
            name: sim._batch.bind(name)
            for name in ("xipos", "ximat", "cvel", "subtree_com", "geom_xpos", "geom_xmat")
        }

    def __len__(self) -> int:
        return len(self.bodies)

    def energy(self) -> Array:
        """Kinetic and potential energy over mass, ``(envs, objects)`` [J/kg]."""
        return self._per_object(
            self._kinetic() - self._model.body_mass * (self._fields["xipos"] @ self._model.opt.gravity)
        )

    def kinetic(self) -> Array:
        """Kinetic energy over mass, ``(envs, objects)`` [J/kg]."""
        return self._per_object(self._kinetic())

    def lowest(self) -> Array:
        """Height of the lowest point of each, ``(envs, objects)`` [m]."""
        bottoms = self._fields["geom_xpos"][:, :, 2] - _reach_down(self._model, self._fields["geom_xmat"])
        return np.stack([bottoms[:, geoms].min(axis=1) for geoms in self.geoms], axis=1)

    def swallowed(self) -> NDArray[np.bool_]:
        """Whether the centre of mass of each is inside a box that does not move,
        or below a plane, ``(envs, objects)``."""
        centres = np.stack(
            [
                np.average(self._fields["xipos"][:, bodies], axis=1, weights=self._model.body_mass[bodies])
                for bodies in self.bodies
            ],
            axis=1,
        )
        result = np.zeros(centres.shape[:2], dtype=bool)
        for geom in self._solids:
            away = centres - self._fields["geom_xpos"][:, None, geom]
            local = np.einsum("nij,noi->noj", self._fields["geom_xmat"][:, geom].reshape(-1, 3, 3), away)
            plane = self._model.geom_type[geom] == mj.mjtGeom.mjGEOM_PLANE.value
            result |= (
                local[:, :, 2] < 0.0 if plane else (np.abs(local) < self._model.geom_size[geom]).all(axis=2)
            )
        return result

    def _is_solid(self, geom: int) -> bool:
        """Whether a geom is a plane or a box that does not move and
        that all objects collide with."""
        model, kinds = self._model, mj.mjtGeom
        flat = model.geom_type[geom] in (kinds.mjGEOM_PLANE.value, kinds.mjGEOM_BOX.value)
        return (
            flat
            and not model.body_weldid[model.geom_bodyid[geom]]
            and all(bits(model, geom, own).any() for own in self.geoms)
        )

    def _per_object(self, per_body: Array) -> Array:
        return np.stack([per_body[:, bodies].sum(axis=1) for bodies in self.bodies], axis=1) / self.mass

    def _kinetic(self) -> Array:
        """Of every body, ``(envs, bodies)`` [J]; MuJoCo gives velocities at
        the centre of mass of the whole tree."""
        fields, model = self._fields, self._model
        spin, drift = fields["cvel"][:, :, :3], fields["cvel"][:, :, 3:]
        levers = fields["xipos"] - fields["subtree_com"][:, model.body_rootid]
        speed = drift + np.cross(spin, levers)
        axes = fields["ximat"].reshape(*spin.shape[:2], 3, 3)
        about = np.einsum("nbij,nbi->nbj", axes, spin)
        return 0.5 * (model.body_mass * (speed**2).sum(axis=2) + (model.body_inertia * about**2).sum(axis=2))


def _reach_down(model: Any, rotations: Array) -> Array:
    """How far below its centre each primitive geom reaches (its support
    function along -z), ``(envs, geoms)`` [m]."""
    kinds, size = mj.mjtGeom, model.geom_size
    axes = np.abs(rotations.reshape(len(rotations), -1, 3, 3)[:, :, 2])
    flat = np.sqrt(np.clip(1.0 - axes[:, :, 2] ** 2, 0.0, None))
    reach = {
        kinds.mjGEOM_SPHERE: np.broadcast_to(size[:, 0], axes.shape[:2]),
        kinds.mjGEOM_CAPSULE: size[:, 0] + axes[:, :, 2] * size[:, 1],
        kinds.mjGEOM_CYLINDER: flat * size[:, 0] + axes[:, :, 2] * size[:, 1],
        kinds.mjGEOM_ELLIPSOID: np.linalg.norm(axes * size, axis=2),
        kinds.mjGEOM_BOX: (axes * size).sum(axis=2),
    }
    down = np.zeros(axes.shape[:2])
    for kind, value in reach.items():
        down = np.where(model.geom_type == kind.value, value, down)
    return down


def floor(model: Any) -> float:
    """Height of the highest level plane that objects can touch [m]; minus infinity without one."""
    planes = (model.geom_type == mj.mjtGeom.mjGEOM_PLANE.value) & (model.geom_contype > 0)
    return max(model.geom_pos[planes, 2], default=-np.inf)
