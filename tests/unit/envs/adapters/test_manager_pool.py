"""mjlab's and Isaac Lab's order of things, with stand-ins; Isaac Lab itself was never run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from rewardsmith.cli.main import run
from rewardsmith.contracts import Task, VecEnv
from rewardsmith.testing import endings, repeating
from rewardsmith_envs.adapters.fleets import Fleet
from rewardsmith_envs.adapters.servers import SuiteError
from rewardsmith_envs.adapters.task import TableTask
from tests import batched

SIGNALS = {
    "disk_pos": "attribute: 'scene[disk].data.root_pos_w', shape: [3], origins: true",
    "disk_quat": "attribute: 'scene[disk].data.root_quat_w', shape: [4]",
    "top_pos": "attribute: 'scene[disk].data.body_pos_w[1]', shape: [3], origins: true",
}
RULES = """\
import torch

def met(env, obs, info):
    return torch.norm(env.scene.local() - torch.tensor([1.0, 0.0]), dim=1) < 0.05
"""
FAMILIES = {
    "mjlab": ("mjlab", "Stand-In-Disk", "actor"),
    "managed": ("isaaclab", "Stand-In-Managed-v0", "policy"),
    "direct": ("isaaclab", "Stand-In-Direct-v0", "policy"),
}
RIGHT, LEFT, STAY = (1.0, 0.0), (-1.0, 0.0), (0.0, 0.0)


def made(folder: Path, family: str, *more: str, **signals: str) -> TableTask:
    backend, environment, group = FAMILIES[family]
    more = (f"observation: [{group}]", "terminations: all", *more)
    return batched.task(folder, backend, environment, SIGNALS | signals, RULES, *more)


@pytest.fixture(scope="module", params=FAMILIES)
def family(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def task(family: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TableTask]:
    task = made(tmp_path_factory.mktemp(family), family)
    kept = task.make(1, 1)  # so that its servers go on from test to test
    yield task
    kept.close()
    Fleet.stop_all()


@pytest.fixture
def env(task: TableTask) -> Iterator[VecEnv]:
    env = task.make(2, 1)
    env.reset(torch.tensor([3, 4]))
    yield env
    env.close()


def test_a_step_by_hand(env: VecEnv, family: str):
    first = env.reset(torch.tensor([3, 4]))
    step = batched.play(env, [RIGHT, (0.0, 5.0)])[0]
    # the second environment stands 10 m away, which is nowhere to be seen
    place = first + torch.tensor([[0.1, 0.0], [0.0, 0.1]])
    assert torch.allclose(step.observation, place, atol=1e-5)
    assert torch.allclose(step.signals["disk_pos"], torch.cat((place, torch.zeros(2, 1)), 1), atol=1e-5)
    assert torch.allclose(step.signals["top_pos"][:, 2], torch.ones(2))
    assert torch.allclose(step.signals["disk_quat"], torch.tensor([[0.8, 0.0, 0.0, 0.6]] * 2))
    assert step.native is not None
    if family != "direct":
        gap = (place - torch.tensor([1.0, 0.0])).norm(dim=1)
        assert torch.allclose(step.native, -0.1 * gap, atol=1e-5)


def test_a_row_that_ended_shows_its_last_state(env: VecEnv):
    step = batched.play(env, [LEFT, STAY])[0]
    while not step.terminated[0]:
        step = batched.play(env, [LEFT, STAY])[0]
    assert step.terminated.tolist() == [True, False]
    assert float(step.signals["disk_pos"][0, 0]) < -0.5
    assert torch.allclose(step.final_observation[0], step.signals["disk_pos"][0, :2], atol=1e-5)
    assert float(step.observation[0].abs().max()) <= 0.1
    after = batched.play(env, [RIGHT, STAY])[0]
    moved = after.signals["disk_pos"][0, :2] - step.observation[0]
    assert torch.allclose(moved, torch.tensor([0.1, 0.0]), atol=1e-5)
    assert torch.equal(after.signals["disk_pos"][1, :2], step.signals["disk_pos"][1, :2])


def test_the_horizon_is_ours(env: VecEnv):
    steps = batched.play(env, *[[RIGHT, STAY]] * 20)
    assert [int(step.truncated.sum()) for step in steps] == [0] * 19 + [2]
    assert not any(bool(step.terminated.any()) for step in steps)
    # whoever is not in use falls and is reset meanwhile
    assert float(steps[-1].observation.abs().max()) <= 0.1


@pytest.mark.parametrize(
    "check", [endings.episodes_end_at_the_horizon_or_before, repeating.same_seeds_begin_alike]
)
def test_it_keeps_the_contract(task: Task, check: Callable[[Task], None]):
    check(task)


def test_rewards_are_always_computed(tmp_path: Path):
    """They count successes there, whatever anybody reads."""
    env = made(tmp_path, "direct", count_m="attribute: successes").make(1, 1)
    env.reset(torch.tensor([3]))
    steps = batched.play(env, *[[RIGHT]] * 8)
    right = torch.stack([step.signals["disk_pos"][0, 0] > 0.3 for step in steps])
    assert torch.stack([step.signals["count_m"] for step in steps])[:, 0].tolist() == right.cumsum(0).tolist()
    assert [float(step.native) for step in steps if step.native is not None] == right.cumsum(0).tolist()
    env.close()


def test_arrays_that_are_wrapped_and_quaternions_with_x_first(tmp_path: Path):
    """As Isaac Lab 3.0 has them."""
    task = made(
        tmp_path, "managed", "arguments: {wrapped: true}",
        disk_quat="attribute: turned, quat: xyzw, shape: [4]",
    )  # fmt: skip
    env = task.make(2, 1)
    env.reset(torch.arange(2))
    step = env.step(torch.zeros(2, 2))
    assert torch.allclose(step.signals["disk_quat"], torch.tensor([[0.8, 0.0, 0.0, 0.6]] * 2))
    env.close()


def test_a_term_can_be_taken_away(tmp_path: Path):
    env = made(tmp_path, "mjlab", "arguments: {terminations.fell: null}").make(1, 1)
    env.reset(torch.tensor([3]))
    steps = batched.play(env, *[[LEFT]] * 12)
    assert not any(bool(step.terminated.any()) for step in steps)
    assert float(steps[-1].signals["disk_pos"][0, 0]) < -1.0
    env.close()


def test_an_odd_argument_is_named(tmp_path: Path):
    with pytest.raises(SuiteError, match="the configuration has no 'scane' there; it has"):
        made(tmp_path, "mjlab", "arguments: {scane.num_envs: 3}").make(1, 1)


@pytest.mark.slow
def test_a_whole_training(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file, out = made(tmp_path, "managed").path, tmp_path / "out"
    assert run(["train", str(file), "--reward", "native", "--episodes", "3", "--out", str(out)]) == 0
    assert "on 3 episodes  64 steps" in capsys.readouterr().out
