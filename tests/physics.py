"""What the physics of a task does in a rollout: contacts,
speeds, and the energy and depth of objects."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rewardsmith.registry import TASKS
from rewardsmith_envs import ASSETS
from rewardsmith_envs.engine import SimulatedEnv
from rewardsmith_envs.simulators.cpu import CpuSimulator
from rewardsmith_envs.tasks.base import SimulatedTask

mj: Any = mujoco
"""The module is compiled and without stubs."""

GAIN_LIMIT_J_KG = 50.0
"""Energy over mass that an object may gain in one control step: what takes it from rest to 10 m/s.
The fastest things that strike objects are fingertips, at up to 8 m/s (80 rad/s at 0.1 m)."""
DEPTH_LIMIT_M = 0.1
"""How far below the floor an object may reach for a moment: at 10 m/s it moves 0.1
m in a time step, before its contact is noticed."""
Array = NDArray[np.float64]
_RENEWAL = 0.1
"""Share of the environments whose action is replaced in a step: an action lasts
for ten steps on average, so that bodies go places."""


def simulated_tasks() -> dict[str, SimulatedTask]:
    """The registered tasks that have a scene, by name."""
    tasks = {name: TASKS.load(name) for name in TASKS.names()}
    return {name: task for name, task in tasks.items() if isinstance(task, SimulatedTask)}


def scene_of(task: SimulatedTask) -> Path | str:
    """What the simulators load."""
    return task.scene if "<" in task.scene else ASSETS / task.scene


def held_actions(envs: int, size: int, seed: int) -> Iterator[Tensor]:
    """Endless random actions, half of them at the ends of their range, ``(envs, size)``."""
    generator = torch.Generator().manual_seed(seed)
    actions = torch.zeros(envs, size)
    first = True
    while True:
        fresh = 2.0 * torch.rand(envs, size, generator=generator) - 1.0
        extreme, renewed = torch.rand(2, envs, 1, generator=generator)
        fresh = torch.where(extreme < 0.5, fresh.sign(), fresh)
        actions = fresh if first else torch.where(renewed < _RENEWAL, fresh, actions)
        first = False
        yield actions


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
            and all(_bits(model, geom, own).any() for own in self.geoms)
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


def _bits(model: Any, a: Any, b: Any) -> Any:
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
    return bool(_bits(model, a, b)) and weld[one] != weld[two] and not near_kin and not excluded


@dataclass
class Peaks:
    """The greatest values of any world at any step, and how often there was what may not be."""

    contacts: int = 0
    """Contacts of one world, or pairs of geoms near each other on average
    over all worlds, for which the buffer is one."""
    rows: int = 0
    """Constraint rows of one world."""
    speed: float = 0.0
    """Of any joint [m/s, rad/s]."""
    object_speed: float = 0.0
    """Root of twice the kinetic energy over mass of an object [m/s]."""
    gain: float = 0.0
    """Mechanical energy over mass that an object gained in one control step [J/kg]."""
    depth: float = 0.0
    """How far an object was below the floor [m]."""
    swallowed: int = 0
    """Objects whose centre was inside something that does not move."""
    not_finite: int = 0
    """States with a number that is not finite."""


class Watched(CpuSimulator):
    """A CPU simulator that looks at every physics step; what it computes is the same."""

    def __init__(self, scene: Path | str, num_envs: int, decimation: int, threads: int) -> None:
        """Load a scene (see :class:`rewardsmith_envs.simulators.cpu.CpuSimulator`)."""
        super().__init__(scene, num_envs, decimation, threads)
        self.peaks = Peaks()
        self.objects = Objects(self)
        self._pairs = Pairs(self)
        self._floor = floor(self.model)
        self._contacts, self._rows = self._batch.bind("ncon"), self._batch.bind("nefc")

    def step(self) -> None:
        """Advance, and keep the peaks."""
        before = self.objects.energy() if len(self.objects) else None
        for _ in range(self.decimation):
            self._batch.step(nstep=1, stage=mj.mjtStage.mjSTAGE_VEL)
            self.peaks.contacts = max(self.peaks.contacts, int(self._contacts.max()))
            self.peaks.rows = max(self.peaks.rows, int(self._rows.max()))
        sound = (self["qpos"].isfinite().all(dim=1) & self["qvel"].isfinite().all(dim=1)).numpy()
        self.peaks.not_finite += int((~sound).sum())
        if sound.any():
            self._keep(before, sound)

    def _keep(self, before: Array | None, sound: NDArray[np.bool_]) -> None:
        peaks, objects = self.peaks, self.objects
        peaks.contacts = max(peaks.contacts, math.ceil(self._pairs.near()[sound].mean()))
        peaks.speed = max(peaks.speed, float(np.abs(self["qvel"].numpy()[sound]).max()))
        if before is not None:
            peaks.gain = max(peaks.gain, float((objects.energy() - before)[sound].max()))
            peaks.object_speed = max(peaks.object_speed, float(np.sqrt(2.0 * objects.kinetic()[sound].max())))
            peaks.swallowed += int(objects.swallowed()[sound].sum())
            peaks.depth = max(peaks.depth, float((self._floor - objects.lowest())[sound].max()))


def watched(task: SimulatedTask, envs: int, threads: int = 1) -> tuple[SimulatedEnv, Watched]:
    """Environments of a task on a simulator that is watched, started
    at different times of their episodes."""
    sim = Watched(scene_of(task), envs, task.decimation, threads)
    env = SimulatedEnv(task, sim)
    env.reset(torch.arange(envs), stagger=True)
    return env, sim


def random_rollout(task: SimulatedTask, envs: int, steps: int, seed: int = 0) -> Peaks:
    """Peaks of a rollout with held random actions."""
    env, sim = watched(task, envs)
    for _, actions in zip(range(steps), held_actions(envs, env.action_size, seed), strict=False):
        env.step(actions)
    return sim.peaks
