"""Task files for the environments of :mod:`tests.outside.hostile_envs`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

MODULE = Path(__file__).parent / "hostile_envs.py"
DESCRIPTION = (
    "A point lies in the plane and is pushed by two commands. Bring it to the goal and keep it there until "
    "the episode ends after thirty steps."
)


def place(folder: Path) -> Path:
    """Put the environments' module into a folder of its own."""
    shutil.copy(MODULE, folder / "their_envs.py")
    return folder


def task_file(folder: Path, environment: str = "Walk-v0", **changes: Any) -> Path:
    """A decided task file beside the module; keys may be changed, or left out with None."""
    where = {"unit": "m", "frame": "world", "low": -4.0, "high": 4.0, "shape": [2]}
    keys = {
        "format": 1,
        "name": "walk",
        "environment": environment,
        "imports": ["their_envs"],
        "path": ["."],
        "packages": ["gymnasium", "numpy"],
        "description": DESCRIPTION,
        "success_rule": "point within 0.1 m of the goal at the last step",
        "success": {"info": "is_success"},
        "horizon": 30,
        "control_dt": 0.05,
        "action_size": 2,
        "signals": {
            "place_pos": {"attribute": "place", "meaning": "the point", "role": "effector", **where},
            "goal_pos": {"attribute": "goal", "meaning": "where to bring it", "role": "goal", **where},
        },
        "native": {"says": "minus the distance to the goal"},
        "camera": True,
        "presets": {"population": {"envs": 16, "slots": 2, "env_steps": 2_000}},
        **changes,
    }
    path = place(folder) / "walk.yaml"
    kept = {key: value for key, value in keys.items() if value is not None}
    path.write_text(json.dumps(kept, indent=1), encoding="utf-8")
    return path
