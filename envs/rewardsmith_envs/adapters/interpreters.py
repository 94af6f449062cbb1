"""Asking another interpreter what it has, without importing any of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache

from rewardsmith.errors import RewardsmithError

_ASK = (
    "import json, sys\nfrom importlib import metadata\n"
    "found = {'python': '%d.%d.%d' % sys.version_info[:3]}\n"
    "for name in sys.argv[1:]:\n    try:\n        found[name] = metadata.version(name)\n"
    "    except metadata.PackageNotFoundError:\n        pass\nprint(json.dumps(found))"
)
_PATIENCE_S = 60


def versions(python: str, packages: Sequence[str]) -> Mapping[str, str]:
    """Its own version, and those of the packages that it has.

    Raises:
        RewardsmithError: It cannot be started.
    """
    return _versions(python, tuple(packages))


def surroundings(python: str) -> dict[str, str]:
    """Variables for a process: another interpreter must not find our packages before its own."""
    if python == sys.executable:
        return dict(os.environ)
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


@cache
def _versions(python: str, packages: tuple[str, ...]) -> Mapping[str, str]:
    try:
        asked = subprocess.run(
            [python, "-c", _ASK, *packages], capture_output=True, timeout=_PATIENCE_S, check=True,
            stdin=subprocess.DEVNULL
        )  # fmt: skip
        return json.loads(asked.stdout.splitlines()[-1])
    except (OSError, subprocess.SubprocessError, ValueError, IndexError) as error:
        raise RewardsmithError(
            f"{python} cannot be asked for its packages: {error}. Give another `python`."
        ) from error
