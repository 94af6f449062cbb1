"""Tasks in Gymnasium's registry, and what is said where it is missing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import gymnasium
import gymnasium.envs.registration
import numpy as np
import pytest

import rewardsmith.gym
from rewardsmith.contracts import Task
from rewardsmith.registry import TASKS, Registry
from tests.plugins import install

ROOT = Path(__file__).parent.parent.parent.parent


def python(program: str) -> str:
    """What a program prints in an interpreter of its own."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        encoding="utf-8",
    )
    return done.stdout


def test_every_task_is_registered_without_a_second_horizon():
    for name in TASKS.names():
        spec = gymnasium.spec(f"rewardsmith/{name}-v0")
        assert spec.max_episode_steps is None
        assert spec.kwargs == {"task": name}
        assert spec.to_json()


def test_nothing_is_registered_twice():
    rewardsmith.gym.register()
    gymnasium.register_envs(rewardsmith.gym)


def test_the_module_may_stand_before_the_name_and_no_task_is_imported_before_it_is_made():
    said = python(
        "import gymnasium, sys\n"
        "import rewardsmith.gym\n"
        "print('rewardsmith_envs' in sys.modules)\n"
        "gymnasium.registry.clear()\n"
        "del sys.modules['rewardsmith.gym']\n"
        "env = gymnasium.make_vec('rewardsmith.gym:rewardsmith/cartpole-v0', num_envs=2)\n"
        "print(env.reset(seed=0)[0].shape)\n"
    )
    assert said.split("\n")[:2] == ["False", "(2, 4)"]


def test_a_plug_ins_task_is_registered_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    install(tmp_path, monkeypatch, "point", tasks="tests.point:POINT")
    monkeypatch.setitem(TASKS.__dict__, "_points", Registry("task", "rewardsmith.tasks", Task)._points)
    monkeypatch.setattr(gymnasium.envs.registration, "registry", registry := dict(gymnasium.registry))
    monkeypatch.setattr(gymnasium, "registry", registry)
    rewardsmith.gym.register()
    env = gymnasium.make("rewardsmith/point-v0", reward="human")
    assert env.reset(seed=0)[0].shape == (2,)
    envs = gymnasium.make_vec("rewardsmith/point-v0", num_envs=4)
    assert envs.step(np.zeros((4, 1), np.float32))[1].shape == (4,)


def test_a_made_environment_can_be_made_again_from_its_spec():
    env = gymnasium.make("rewardsmith/cartpole-v0", reward="human")
    assert env.spec is not None
    again = gymnasium.make(env.spec)
    np.testing.assert_array_equal(env.reset(seed=1)[0], again.reset(seed=1)[0])


def test_without_gymnasium_it_says_what_to_install():
    said = python(
        "import sys\n"
        "sys.modules['gymnasium'] = None\n"
        "try:\n"
        "    import rewardsmith.gym\n"
        "except ImportError as error:\n"
        "    print(error)\n"
    )
    assert said.strip() == (
        "rewardsmith.gym needs gymnasium, which cannot be imported here. Run pip install "
        "'rewardsmith[gym]', then import it again."
    )
