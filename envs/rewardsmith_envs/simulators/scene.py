"""Loading a scene, with errors that name the element and the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mujoco import MjModel, MjSpec, mjtDisableBit, mjtSolver  # pyright: ignore[reportAttributeAccessIssue]  (compiled, without stubs)

from rewardsmith.errors import RewardsmithError
from rewardsmith_envs import ASSETS


class SceneError(RewardsmithError):
    """A scene cannot be loaded, or lacks what its task needs."""


def load_model(scene: Path | str) -> MjModel:
    """Compile a scene and refuse what not every simulator can do.

    Args:
        scene: An MJCF file, or MJCF text that may include the files under ``assets/``.

    Raises:
        SceneError: Naming the file and the element.
    """
    try:
        model = (
            MjModel.from_xml_path(str(scene))
            if isinstance(scene, Path)
            else MjModel.from_xml_string(scene, _includes())
        )
    except ValueError as error:
        reason = " ".join(str(error).split())
        raise SceneError(f"{scene_name(scene)} is no scene that MuJoCo can load: {reason}.") from None
    for wrong, element, advice in _objections(model):
        if wrong:
            raise SceneError(f"{scene_name(scene)}: {element}. {advice}")
    return model


def load_spec(scene: Path | str) -> MjSpec:
    """A scene that :func:`load_model` accepts, to be changed and compiled again."""
    return (
        MjSpec.from_file(str(scene))
        if isinstance(scene, Path)
        else MjSpec.from_string(scene, include=_includes())
    )


def named(model: MjModel, scene: str, kind: str, name: str) -> Any:
    """A named element of a model.

    Raises:
        SceneError: The scene has none of that name.
    """
    try:
        return getattr(model, kind)(name)
    except KeyError:
        there = [repr(getattr(model, kind)(n).name) for n in range(getattr(model, f"n{kind}"))]
        message = (
            f"{scene} has no {kind} named {name!r}. It has: {', '.join(there) or 'none'}. Add it to "
            "the scene or correct the name."
        )
        raise SceneError(message) from None


def sensor_columns(model: MjModel, scene: str, name: str) -> slice:
    """Columns of ``sensordata`` of a sensor, or of neighbours ``name.1``, ``name.2``, ... as one.

    Raises:
        SceneError: The scene has no such sensor, or its parts are not neighbours.
    """
    members = [
        sensor for n in range(model.nsensor) if (sensor := model.sensor(n)).name.startswith(f"{name}.")
    ]
    parts = members or [named(model, scene, "sensor", name)]
    start, width = int(parts[0].adr[0]), sum(int(part.dim[0]) for part in parts)
    if int(parts[-1].adr[0]) + int(parts[-1].dim[0]) != start + width:
        raise SceneError(
            f"{scene}: the sensors {name}.* are not neighbours. Write them one after another in <sensor>."
        )
    return slice(start, start + width)


def scene_name(scene: Path | str) -> str:
    """What messages call a scene: its path, or the model name of a text."""
    if isinstance(scene, Path):
        return str(scene)
    return f"the scene text {' '.join(scene.split())[:40]!r}"


def _includes() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in ASSETS.glob("*.xml")}


def _objections(model: MjModel) -> list[tuple[bool, str, str]]:
    """Of every feature that is refused: whether the model has it, what it is, and what to do."""
    option = model.opt
    keys = [model.key(n).name for n in range(model.nkey)]
    autoreset = not option.disableflags & mjtDisableBit.mjDSBL_AUTORESET.value
    advice = "mujoco-warp cannot simulate it, and every task must run on both simulators: "
    return [
        (
            option.solver == mjtSolver.mjSOL_PGS.value,
            '<option solver="PGS"> is not supported',
            advice + 'use solver="Newton".',
        ),
        (
            option.noslip_iterations > 0,
            "<option noslip_iterations> is not supported",
            advice + "leave it out and use a smaller timestep.",
        ),
        (model.nplugin > 0, "<plugin> is not supported", advice + "use built-in elements."),
        (model.nflex > 0, "<flex> and <flexcomp> are not supported", advice + "use rigid bodies."),
        (
            autoreset,
            '<flag autoreset="enable"> hides non-finite states',
            'Write <option><flag autoreset="disable"/></option>.',
        ),
        (
            "home" not in keys,
            f"there is no <key name='home'>, only {keys or 'none'}",
            "Add the start pose to <keyframe>.",
        ),
    ]


class LoadedScene:
    """What every simulator keeps of its scene."""

    def __init__(self, scene: Path | str, decimation: int) -> None:
        """Compile it (see :func:`load_model`).

        Args:
            scene: An MJCF file or text.
            decimation: Physics steps per control step.

        Raises:
            SceneError: It cannot be loaded.
        """
        self.model = load_model(scene)
        self.scene = scene_name(scene)
        self.source = scene
        self.decimation = decimation
        self.control_dt = float(self.model.opt.timestep) * decimation

    def index(self, kind: str, name: str) -> int:
        """The number of a named element.

        Raises:
            SceneError: The scene has none of that name.
        """
        return int(named(self.model, self.scene, kind, name).id)

    def sensor(self, name: str) -> slice:
        """The columns of ``sensordata`` that a sensor or a group of sensors fills.

        Raises:
            SceneError: The scene has none of that name.
        """
        return sensor_columns(self.model, self.scene, name)
