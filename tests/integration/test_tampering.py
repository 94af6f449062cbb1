"""A reward program cannot touch the simulator: not because it is refused, but because it holds
nothing of it.

The programs here go into training's own path without any layer of the guard, and the simulation
ends bit for bit where it ends without a reward."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import pytest
import torch

from rewardsmith.contracts import TrainingJob
from rewardsmith.records import Fault, RunState
from rewardsmith.registry import TASKS
from rewardsmith.training.population.normaliser import RunningNormaliser
from rewardsmith.training.population.policy import StackedPolicy
from rewardsmith.training.population.rollout import Collector
from rewardsmith.training.population.slot import Slot
from rewardsmith.training.population.trainer import PopulationTrainer
from rewardsmith.training.ppo import PpoSettings
from rewardsmith_envs.engine import SimulatedEnv
from rewardsmith_envs.simulators.cpu import CpuSimulator
from rewardsmith_envs.tasks.base import ASSETS
from rewardsmith_envs.tasks.franka_push import TASK
from tests.training import preset_of, train

ENVS, STEPS, ROLLOUTS = 4, 10, 5
HEAD = (
    "def compute_reward(cube_pos: Tensor, actions: Tensor, joint_pos: Tensor)"
    " -> Tuple[Tensor, Dict[str, Tensor]]:\n"
)
RESULT = "    return cube_pos[:, 0], {'x': cube_pos[:, 0]}\n"


def program(*statements: str) -> str:
    return HEAD + "".join(f"    {line}\n" for line in statements) + RESULT


TAMPERING = {
    "move the cube": program("cube_pos[:, :2] = 0.5"),
    "move the cube by adding": program("cube_pos += 0.1"),
    "move the cube underneath": program("cube_pos.data.copy_(torch.ones_like(cube_pos))"),
    "move the cube through a view": program("cube_pos.view(-1).fill_(0.3)"),
    "move the cube through a slice": program("cube_pos[0].zero_()"),
    "move the cube by a mask": program("cube_pos[cube_pos > 0.0] = 0.0"),
    "move the cube by an index": program("cube_pos.index_fill_(0, torch.arange(2), 0.0)"),
    "move the cube by an operator": program("torch.ops.aten.copy_(cube_pos, torch.zeros_like(cube_pos))"),
    "write ctrl as actions": program("actions.fill_(1.0)"),
    "write ctrl by out": program("torch.add(actions, 1.0, out=actions)"),
    "write the joints": program("joint_pos.mul_(0.0)"),
    "write the joints beyond the end": program(
        "x = joint_pos.as_strided([joint_pos.size(0), 7], [7, 1])", "x.zero_()"
    ),
    "swap signals": program("cube_pos.set_(joint_pos)"),
    "resize a signal": program("joint_pos.resize_([1])"),
    "resize and fill": program("actions.resize_([100000, 3])", "actions.fill_(9.0)"),
    "replace storage": program("cube_pos.data = torch.zeros_like(cube_pos)"),
    "seed the randomness": program("torch.manual_seed(0)", "x = torch.rand([10])"),
    "return a signal as total and component": (
        HEAD + "    return cube_pos[:, 0], {'cube': cube_pos[:, 0], 'act': actions[:, 0]}\n"
    ),
    "read success": (
        "def compute_reward(success: Tensor) -> Tuple[Tensor, Dict[str, Tensor]]:\n"
        "    return success, {'x': success}\n"
    ),
    "read the true score": (
        "def compute_reward(true_score: Tensor) -> Tuple[Tensor, Dict[str, Tensor]]:\n"
        "    true_score += 1.0\n"
        "    return true_score, {'x': true_score}\n"
    ),
    "read the simulator's fields": (
        "def compute_reward(qpos: Tensor) -> Tuple[Tensor, Dict[str, Tensor]]:\n"
        "    qpos.zero_()\n"
        "    return qpos[:, 0], {'x': qpos[:, 0]}\n"
    ),
    "fail half way through a write": program("cube_pos.zero_()", "x = cube_pos.view(7, 7, 7).zero_()"),
}


def simulate(text: str | None) -> tuple[str, Slot | None, torch.Tensor]:
    """50 control steps of training's own collection, with or without a reward after every rollout.

    Returns:
        A hash of positions, velocities and controls of all environments; the slot; and the true
        scores on the way.
    """
    sim = CpuSimulator(ASSETS / TASK.scene, ENVS, TASK.decimation, 1)
    env = SimulatedEnv(TASK, sim)
    first = env.reset(torch.arange(ENVS))
    policy = StackedPolicy(env.observation_size, env.action_size, (16,), 0.6, [1])
    normaliser = RunningNormaliser(1, env.observation_size)
    normaliser.update(first.view(1, ENVS, -1))
    collector = Collector(env, policy, normaliser, ENVS)
    collector.exchange([], [2], first)
    slot = None if text is None else Slot(TrainingJob("c", text, 0, ""), preset_of(TASK))
    scores = []
    for _ in range(ROLLOUTS):
        experience = collector.collect(STEPS, [signal.name for signal in TASK.signals])
        if slot:
            slot.rewards(experience, 0)
        scores.append(experience.true_score)
    state = b"".join(sim[field].contiguous().numpy().tobytes() for field in ("qpos", "qvel", "ctrl"))
    return hashlib.sha256(state).hexdigest(), slot, torch.cat(scores)


@cache
def untouched() -> tuple[str, torch.Tensor]:
    digest, _, scores = simulate(None)
    return digest, scores


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("name", TAMPERING)
def test_the_simulator_ends_where_it_ends_without_a_reward(name: str) -> None:
    digest, slot, scores = simulate(TAMPERING[name])
    expected, expected_scores = untouched()
    assert digest == expected
    assert torch.equal(scores, expected_scores)
    assert slot is not None
    if name.startswith(("read", "fail")):
        assert slot.proxy.failure == Fault.CRASHED


@pytest.mark.usefixtures("unchecked")
def test_the_comparison_would_notice() -> None:
    """The hash is of a simulation that moves, and most of the programs above really ran."""
    assert simulate(None)[0] == untouched()[0]
    slots = {name: simulate(text)[1] for name, text in TAMPERING.items()}
    running = [name for name, slot in slots.items() if slot and slot.proxy.failure is None]
    assert len(TAMPERING) >= 20
    assert len(running) >= 14, running


def test_a_reward_that_turns_non_finite_stops_its_slot_alone(tmp_path: Path) -> None:
    """Through the whole trainer: the bad one is DIVERGED with the values
    that it failed at, its neighbour is trained."""
    head = "def compute_reward(tcp_pos: Tensor, goal_pos: Tensor) -> Tuple[Tensor, Dict[str, Tensor]]:\n"
    bad = head + "    r = 1.0 / (tcp_pos[:, 2] - tcp_pos[:, 2])\n    return r, {'r': r}\n"
    good = head + "    r = -(tcp_pos - goal_pos).norm(p=2, dim=-1)\n    return r, {'r': r}\n"
    trainer = PopulationTrainer(
        TASKS.load(TASK.name), PpoSettings(env_steps=128, envs=8, rollout=8, hidden=(8,)), threads=1
    )
    jobs = [
        TrainingJob(name, text, 0, str(tmp_path / f"{name}.pt"))
        for name, text in (("bad", bad), ("good", good))
    ]
    results = train(trainer, jobs)
    assert results["bad"].fault == Fault.DIVERGED
    assert "the total became inf in epoch 0 at tcp_pos = [" in results["bad"].cause
    assert "goal_pos = [" in results["bad"].cause
    assert results["good"].state == RunState.TRAINED
    assert not (tmp_path / "bad.pt").exists()
    assert (tmp_path / "good.pt").exists()
