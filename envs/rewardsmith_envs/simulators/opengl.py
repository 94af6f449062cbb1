"""Which OpenGL draws without a display: EGL (a graphics card, or Mesa in software), or OSMesa."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from functools import cache
from importlib import import_module
from typing import Any

from rewardsmith.errors import RewardsmithError

_CHOICES = {"Darwin": ("cgl",), "Windows": ("glfw",)}.get(platform.system(), ("egl", "osmesa"))
_TINY_PICTURE = "import mujoco; mujoco.Renderer(mujoco.MjModel.from_xml_string('<mujoco/>'), 8, 8).render()"
_PATIENCE_S = 120


class RenderingError(RewardsmithError):
    """No picture can be drawn on this machine."""


@cache
def context_class() -> Any:
    """MuJoCo's ``GLContext`` of the first kind of OpenGL that works, or of that in ``MUJOCO_GL``.

    A kind is tried in a child process: PyOpenGL binds itself to the first kind that a process
    loads, and a broken driver may take the process with it.

    Raises:
        RenderingError: None works; the message says what to install.
    """
    wanted = os.environ.get("MUJOCO_GL", "").lower()
    complaints = []
    for kind in (wanted,) if wanted in _CHOICES else _CHOICES:
        complaint = _complaint(kind)
        if complaint is None:
            return import_module(f"mujoco.{kind}").GLContext
        complaints.append(f"{kind}: {complaint}")
    raise RenderingError(
        f"no OpenGL that draws without a display works ({'; '.join(complaints)}). On Debian and "
        "Ubuntu `apt-get install libosmesa6` (software), or `apt-get install libegl1 "
        "libgl1-mesa-dri` (software, or a graphics card with its driver), then try again."
    )


def _complaint(kind: str) -> str | None:
    """Why a child process cannot draw with one kind of OpenGL; ``None`` where it can."""
    environment = {name: value for name, value in os.environ.items() if name != "PYOPENGL_PLATFORM"} | {
        "MUJOCO_GL": kind
    }
    command = [sys.executable, "-c", _TINY_PICTURE]
    try:
        child = subprocess.run(
            command,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_PATIENCE_S,
        )
    except subprocess.TimeoutExpired:
        return f"no answer within {_PATIENCE_S} s"
    if child.returncode == 0:
        return None
    last = (child.stderr.strip().splitlines() or [f"ended with {child.returncode}"])[-1]
    # as PyOpenGL puts it
    return "its library is not installed" if "'NoneType' object has no attribute" in last else last
