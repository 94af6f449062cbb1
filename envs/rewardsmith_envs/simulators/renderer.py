"""Pictures of one environment at a time, drawn without a display."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from mujoco import MjData, Renderer, mj_fwdPosition  # pyright: ignore[reportAttributeAccessIssue]  (compiled, without stubs)
from mujoco.rendering.classic import gl_context
from torch import Tensor

from rewardsmith.errors import unknown_name
from rewardsmith_envs.simulators.looks import decorate, overview
from rewardsmith_envs.simulators.opengl import context_class
from rewardsmith_envs.simulators.scene import load_spec

_SEEN = ("qpos", "mocap_pos", "mocap_quat")
"""The part of a state that decides where everything is."""


class SceneCamera:
    """Draws states of a scene."""

    def __init__(self, scene: Path | str, width: int, height: int, name: str) -> None:
        """Prepare a scene.

        Args:
            scene: What the simulator loaded.
            width: Pixels of a picture.
            height: Pixels of a picture.
            name: A camera of the scene. Without a name it is the scene's first one, or where it has
                none a view of everything.

        Raises:
            UsageError: The scene has no such camera.
            RenderingError: This machine cannot draw.
        """
        spec = load_spec(scene)
        extent = decorate(spec, width, height)
        self._model: Any = spec.compile()
        names = [self._model.camera(n).name for n in range(self._model.ncam)]
        if name and name not in names:
            raise unknown_name("camera", name, names)
        self._camera = names.index(name) if name else 0 if names else overview(extent)
        self._data = MjData(self._model)
        gl_context.GLContext = context_class()  # as MUJOCO_GL would have chosen when mujoco was imported
        self._renderer = Renderer(self._model, height, width)

    def picture(self, state: MjData) -> Tensor:
        """Draw one state of the scene, ``(height, width, 3)`` uint8."""
        for field in _SEEN:
            getattr(self._data, field)[:] = getattr(state, field)
        mj_fwdPosition(self._model, self._data)
        self._renderer.update_scene(self._data, self._camera)
        return torch.from_numpy(self._renderer.render())
