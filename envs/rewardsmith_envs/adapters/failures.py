"""What other people's environments fail of, and what to do about it."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

from rewardsmith.errors import RewardsmithError


class SuiteError(RewardsmithError):
    """Somebody else's environment failed; the message names it and says what to do."""


_BY_KIND = {
    "ModuleNotFoundError": "Install it there, or give another interpreter as `python`.",
    "NameNotFound": "Look at the id. Ids of a suite are known once its module is imported: adapt takes "
    "module:Id, and a task file `imports`.",
    "NamespaceNotFound": "Look at the id; adapt takes module:Id, and a task file `imports`.",
    "VersionNotFound": "Look at the id's version.",
    "EOFError": "It asked something on its standard input, where nobody answers. Make it once by hand, and "
    "answer.",
}
"""By the class of what was raised."""

_KNOWN: tuple[tuple[str, str, str], ...] = (
    ("gymnasium-robotics", "mujoco>=3.12", "Fetch, the Shadow hand and the kitchen need mujoco up to 3.11"),
    ("metaworld", "mujoco!=3.3.0", "Meta-World works with mujoco 3.3.0 alone"),
    ("robosuite", "mujoco>=3.10", "robosuite works with mujoco 3.3 to 3.9"),
    ("gym-hil", "mujoco>=3.12", "gym-hil works with mujoco up to 3.8"),
    ("dm_control", "mujoco>=4", "dm_control needs mujoco 3.17"),
)
"""Package, versions that break it, and the words."""


def advice(kind: str, python: str, text: str = "") -> str:
    """What to do about an exception, as a sentence behind the message; nothing where nobody knows.

    Args:
        kind: The class of what was raised.
        python: The interpreter, whose versions are looked at.
        text: What the process printed.
    """
    from rewardsmith_envs.adapters.interpreters import versions

    missing = kind == "ModuleNotFoundError" or "ModuleNotFoundError" in text
    found = [_BY_KIND["ModuleNotFoundError" if missing else kind]] if missing or kind in _BY_KIND else []
    if not missing:
        with contextlib.suppress(RewardsmithError):  # what failed is told; this would be more
            found += misfits(versions(python, ("mujoco", *(package for package, _, _ in _KNOWN))))
    return "".join(f" {sentence}" for sentence in found)


def misfits(versions: Mapping[str, str]) -> list[str]:
    """Sentences about packages that are known not to work together."""
    mujoco = versions.get("mujoco", "")
    return [
        f"{words}, and {mujoco} is there: install another into an environment of its own."
        for package, bad, words in _KNOWN
        if package in versions and mujoco and _is_in(mujoco, bad)
    ]


def _is_in(version: str, bad: str) -> bool:
    if bad.startswith("mujoco!="):
        return version != bad.removeprefix("mujoco!=")
    return _numbers(version) >= _numbers(bad.removeprefix("mujoco>="))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
