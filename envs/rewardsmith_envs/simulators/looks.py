"""What only the eye needs: sky, floor pattern, light and a view.

Added to a scene before it is drawn, never before it is simulated.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

mj: Any = mujoco
"""The module is compiled and without stubs."""

_AZIMUTH_DEG, _ELEVATION_DEG = 72.0, -32.0
"""The view onto a scene: from the robot's right hand, a little from behind and
from above, so that the sides it works on are seen."""
_DISTANCE = 2.3
"""From camera to centre, in radii of the scene; at 2.6 MuJoCo's free camera
would see all of the ball, whose rim is empty."""
_LIGHT_FROM = np.array([-0.8, -1.6, 4.0])
"""Where the light is, seen from the centre of the scene, in radii of the scene."""
_PREFIX = "rewardsmith/"
"""Prefix of the names that are added, so that no scene has them already."""


@dataclass(frozen=True)
class Extent:
    """The ball around all that is in a scene at the home keyframe, endless planes apart."""

    centre: NDArray[np.float64]
    radius: float
    """[m]"""
    robot: NDArray[np.float64] | None
    """Where a robot is that moves freely, such as one with legs:
    then the ball is around it alone."""


def decorate(spec: Any, width: int, height: int) -> Extent:
    """Add sky, floor pattern and one light to a scene, in place of its own lights."""
    extent = _measure(spec.compile())
    spec.stat.center, spec.stat.extent = extent.centre, extent.radius
    visual = spec.visual
    visual.global_.offwidth, visual.global_.offheight = width, height
    visual.quality.shadowsize = 2048  # half of the time at 4096, the default
    visual.headlight.ambient, visual.headlight.diffuse, visual.headlight.specular = (
        [0.3] * 3,
        [0.35] * 3,
        [0.1] * 3,
    )
    shade = {
        "type": mj.mjtTexture.mjTEXTURE_SKYBOX,
        "builtin": mj.mjtBuiltin.mjBUILTIN_GRADIENT,
        "width": 64,
        "height": 384,
    }
    spec.add_texture(name=f"{_PREFIX}sky", rgb1=[0.95, 0.97, 1.0], rgb2=[0.6, 0.7, 0.82], **shade)
    _pave(spec)
    for light in list(spec.lights):
        spec.delete(light)
    carrier, origin = (spec.worldbody, 0.0) if extent.robot is None else (spec.bodies[1], extent.robot)
    beam = {
        "type": mj.mjtLightType.mjLIGHT_SPOT,
        "mode": mj.mjtCamLight.mjCAMLIGHT_TRACK,
        "cutoff": 60.0,
        "exponent": 1.0,
    }
    position = extent.centre + extent.radius * _LIGHT_FROM - origin
    carrier.add_light(pos=position, dir=[0.2, 0.4, -1.0], diffuse=[0.6] * 3, castshadow=True, **beam)
    return extent


def overview(extent: Extent) -> Any:
    """A camera that sees the whole scene; it follows a robot that moves freely."""
    camera = mj.MjvCamera()
    camera.lookat, camera.distance = extent.centre, extent.radius * _DISTANCE
    camera.azimuth, camera.elevation = _AZIMUTH_DEG, _ELEVATION_DEG
    if extent.robot is not None:
        camera.type, camera.trackbodyid = mj.mjtCamera.mjCAMERA_TRACKING.value, 1
    return camera


def _pave(spec: Any) -> None:
    """Give every plane of the world a pattern, so that motion can be seen."""
    squares = {
        "type": mj.mjtTexture.mjTEXTURE_2D,
        "builtin": mj.mjtBuiltin.mjBUILTIN_CHECKER,
        "width": 128,
        "height": 128,
    }
    spec.add_texture(name=f"{_PREFIX}floor", rgb1=[0.82, 0.83, 0.85], rgb2=[0.76, 0.77, 0.8], **squares)
    material = spec.add_material(name=f"{_PREFIX}floor", texrepeat=[2, 2], texuniform=True, specular=0.1)
    material.textures[mj.mjtTextureRole.mjTEXROLE_RGB.value] = f"{_PREFIX}floor"
    for geom in spec.worldbody.geoms:
        if geom.type == mj.mjtGeom.mjGEOM_PLANE:
            geom.material, geom.rgba = material.name, [1.0] * 4


def _measure(model: Any) -> Extent:
    data = mj.MjData(model)
    mj.mj_resetDataKeyframe(model, data, model.key("home").id)
    mj.mj_kinematics(model, data)
    floats = (
        model.nbody > 1
        and model.body_jntnum[1] == 1
        and model.jnt_type[model.body_jntadr[1]] == mj.mjtJoint.mjJNT_FREE.value
    )
    seen = [
        n
        for n in range(model.ngeom)
        if model.geom_rbound[n] > 0 and (not floats or model.body_rootid[model.geom_bodyid[n]] == 1)
    ]
    signs = np.array(list(product((-1.0, 1.0), repeat=3)))
    boxes = [model.geom_aabb[n, :3] + signs * model.geom_aabb[n, 3:] for n in seen]
    turns = [data.geom_xmat[n].reshape(3, 3) for n in seen]
    corners = np.concatenate(
        [data.geom_xpos[n] + box @ turn.T for n, box, turn in zip(seen, boxes, turns, strict=True)]
    )
    low, high = corners.min(axis=0), corners.max(axis=0)
    return Extent(
        (low + high) / 2, float(np.linalg.norm(high - low)) / 2, data.xpos[1].copy() if floats else None
    )
