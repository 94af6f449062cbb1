"""Suites of other people: which versions work together, and the interpreters that have them.

Most of them do not run beside this package's MuJoCo and numpy, so each has an environment of its
own, in ``$REWARDSMITH_SUITES`` or the user's data folder.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from rewardsmith.contracts import Suite
from rewardsmith.errors import RewardsmithError, UsageError, unknown_name
from rewardsmith_envs.adapters.interpreters import versions

TABLES = Path(__file__).parent / "tables"
"""``suite/name.yaml``."""
_NEVER_RUN = "never run on the real thing: written after its source and tried with a stand-in alone"
_TO_THE_BIT = "repeats to the bit: an environment alone plays as it does among others, used or new"


@dataclass(frozen=True)
class _Known:
    says: str
    promises: str
    package: str
    """The one without which it is not installed."""
    requirements: tuple[str, ...]
    module: str = ""
    """What to import where it may live in this interpreter too."""
    by_hand: str = ""
    """Why ``pip`` alone cannot install it, and what to do; empty: it can."""


KNOWN = {
    "robotics": _Known(
        "Gymnasium-Robotics: Fetch, Adroit and Shadow hands, Franka kitchen",
        _TO_THE_BIT,
        "gymnasium-robotics",
        ("gymnasium-robotics==1.4.2", "gymnasium==1.4.0", "mujoco==3.11.0", "numpy>=2,<3", "imageio"),
    ),
    "envpool": _Known(
        "EnvPool: Meta-World, Fetch, Adroit and more, simulated in C++",
        _TO_THE_BIT + "; signals are what observation and info show",
        "envpool",
        ("envpool==1.2.5", "gymnasium==1.4.0", "numpy>=2,<3"),
        "envpool",
    ),
    "metaworld": _Known(
        "Meta-World's own classes",
        _TO_THE_BIT,
        "metaworld",
        # left alone, pip takes a MuJoCo that fails later; packaging is missing in its list
        ("metaworld==3.1.1", "gymnasium==1.4.0", "mujoco==3.3.0", "numpy>=2,<3", "packaging", "imageio"),
    ),
    "mjlab": _Known(
        "mjlab: Isaac Lab's interface on MuJoCo-Warp, a batch on the GPU",
        "tried on a CPU with eight environments, never run on the real thing, which is a GPU; a seed "
        "names a run, not its numbers",
        "mjlab",
        # left alone, pip may replace torch by a build for another CUDA
        ("mjlab==1.6.0", "torch==2.13.0", "numpy>=2,<3"),
    ),
    "isaaclab": _Known(
        "Isaac Lab 2.3 and 3.0, manager-based and direct, a batch on the GPU",
        f"{_NEVER_RUN}; a seed names a run, not its numbers",
        "isaaclab",
        (),
        by_hand="it needs Isaac Sim, whose licence you accept yourself: see docs/suites/isaac-lab.md",
    ),
    "isaacgym": _Known(
        "Isaac Gym Preview 4 with IsaacGymEnvs 1.5.1, a batch on the GPU",
        f"{_NEVER_RUN}; a seed names a run, not its numbers",
        "isaacgym",
        (),
        by_hand="it is an archive that NVIDIA gives to those who register: see docs/suites/isaac-gym.md",
    ),
}
"""By name; the versions are those that were tried together, or, by hand, that were read."""


def root() -> Path:
    """Where the environments of suites are; it may not exist."""
    if given := os.environ.get("REWARDSMITH_SUITES"):
        return Path(given).expanduser().absolute()
    data = os.environ.get("XDG_DATA_HOME", "")
    base = Path(data) if os.path.isabs(data) else Path.home() / ".local" / "share"
    return base / "rewardsmith" / "suites"


def interpreter(name: str) -> str:
    """The interpreter of a suite.

    Raises:
        UsageError: There is no such suite, or it is not installed; with what to do.
    """
    found = _found(_known(name), name)
    if not found and KNOWN[name].by_hand:
        raise UsageError(
            f"the suite {name} is not in {root() / name}, and rewardsmith cannot install it: "
            f"{KNOWN[name].by_hand}."
        )
    if not found:
        raise UsageError(
            f"the suite {name} is not installed in {root() / name}. `rewardsmith suites install {name}` "
            "makes an environment for it; $REWARDSMITH_SUITES names another folder of such environments."
        )
    return found


def suites() -> Sequence[Suite]:
    """All that are known, installed or not."""
    return [_suite(name) for name in KNOWN]


def install(name: str) -> Suite:
    """Make an environment for a suite and let ``pip`` fill it.

    Raises:
        UsageError: There is no such suite, or something lies where it would be.
        RewardsmithError: It cannot be made; with what ``pip`` said.
    """
    known, folder = _known(name), root() / name
    if known.by_hand:
        raise UsageError(f"rewardsmith cannot install {name}: {known.by_hand}.")
    if folder.exists():
        state = "is installed" if _found(known, name) else "lies there, though it is no whole environment,"
        raise UsageError(f"{name} {state} in {folder}. Remove that folder to install it anew.")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _run([sys.executable, "-m", "venv", str(folder)], name)
        pip = [str(_python(folder)), "-m", "pip", "--disable-pip-version-check", "--no-input", "install"]
        _run([*pip, *known.requirements], name)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise RewardsmithError(
            f"cannot make an environment in {folder}: {error.strerror}. Set $REWARDSMITH_SUITES to a folder "
            "that can be written."
        ) from error
    except (RewardsmithError, KeyboardInterrupt):
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return _suite(name)


def _run(command: Sequence[str], name: str) -> None:
    """What it says goes to the user's screen; its errors are repeated at the end."""
    surroundings = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
        env=surroundings, text=True, encoding="utf-8", errors="replace"
    ) as process:  # fmt: skip
        assert process.stderr
        said = [line.rstrip() for line in process.stderr]
    if process.returncode:
        errors = [line for line in said if line.startswith("ERROR")] or said[-5:]
        raise RewardsmithError(
            f"{name} could not be installed; {Path(command[2]).name} ended with {process.returncode}: "
            f"{' '.join(errors)[:2000] or 'it says nothing more'}. Nothing of it was kept."
        )


def _known(name: str) -> _Known:
    if name not in KNOWN:
        raise unknown_name("suite", name, KNOWN)
    return KNOWN[name]


def _python(folder: Path) -> Path:
    return folder / "bin" / "python"


def _found(known: _Known, name: str) -> str:
    own = _python(root() / name)
    if own.is_file():
        return str(own)
    return sys.executable if known.module and find_spec(known.module) else ""


def _suite(name: str) -> Suite:
    known = KNOWN[name]
    python, packages = _found(known, name), [known.package, "gymnasium", "mujoco", "numpy"]
    found = versions(python, packages) if python else {}
    return Suite(
        name,
        known.says,
        known.promises,
        known.requirements,
        root() / name,
        python if known.package in found else "",
        found,
        tuple(sorted(f"{name}:{path.stem}" for path in TABLES.glob(f"{name}/*.yaml"))),
        known.by_hand,
    )
