"""One warm guard for all tests of the reward package, in a
folder of its own that must stay as it is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from rewardsmith.registry import TASKS
from rewardsmith.reward.guard import Guard
from rewardsmith.training.ppo import PpoSettings


@pytest.fixture(scope="session")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Working and temporary folder of the guard's child processes;
    holds one file that programs try to read."""
    folder = tmp_path_factory.mktemp("watched")
    (folder / "policy.pt").write_bytes(b"secret")
    return folder


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield folder


@pytest.fixture(scope="session")
def guard(watched: Path, cache: Path) -> Iterator[Guard]:
    """Its children are started here, so that their working folder is the watched one."""
    guard, home = Guard(PpoSettings()), Path.cwd()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(watched))
        os.chdir(watched)
        for name in ("franka-reach", "franka-push"):
            guard.limits(TASKS.load(name))
        os.chdir(home)
    yield guard
    guard.close()
