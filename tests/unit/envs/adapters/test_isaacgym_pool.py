"""Isaac Gym's order of things, with a stand-in for it; the real one was never run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from rewardsmith.cli.main import run
from rewardsmith.contracts import Task, VecEnv
from rewardsmith.errors import UsageError
from rewardsmith.testing import tasks, trying
from rewardsmith_envs.adapters.fleets import Fleet
from rewardsmith_envs.adapters.on_device import OnDevice
from rewardsmith_envs.adapters.servers import SuiteError
from rewardsmith_envs.adapters.task import TableTask
from tests import batched

SIGNALS = {
    "disk_pos": "attribute: root_states, columns: [0, 2], shape: [2]",
    "disk_vel": "attribute: root_states, columns: [7, 9], shape: [2]",
    "disk_quat": "attribute: root_states, columns: [3, 7], quat: xyzw, shape: [4]",
    "body_pos": "attribute: 'body_states[1]', columns: [0, 2], shape: [2]",
    "mark_pos": "key: obs, columns: [2, 4], shape: [2]",
}
RULES = """\
import torch

def met(env, obs, info):
    return torch.norm(env.root_states[:, :2] - env.goals, dim=1) < 0.05
"""
RIGHT, LEFT, STAY = (1.0, 0.0), (-1.0, 0.0), (0.0, 0.0)


def made(folder: Path, environment: str = "Disk", *more: str, **signals: str) -> TableTask:
    return batched.task(folder, "isaacgym", environment, SIGNALS | signals, RULES, *more)


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TableTask]:
    task = made(tmp_path_factory.mktemp("task"))
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


def test_a_step_by_hand(env: VecEnv):
    first, second = batched.play(env, [RIGHT, (0.0, 5.0)], [(0.5, 0.0), STAY])
    moved = second.signals["disk_pos"] - first.signals["disk_pos"]
    assert torch.allclose(moved, torch.tensor([[0.05, 0.0], [0.0, 0.0]]), atol=1e-6)
    assert torch.equal(first.signals["disk_vel"], torch.tensor([[1.0, 0.0], [0.0, 1.0]]))
    assert torch.allclose(first.signals["disk_quat"], torch.tensor([[0.8, 0.0, 0.0, 0.6]] * 2))
    assert torch.equal(first.signals["body_pos"], first.signals["disk_pos"])
    assert torch.equal(first.signals["mark_pos"], torch.tensor([[1.0, 0.0]] * 2))
    assert torch.equal(
        first.observation, torch.cat((first.signals["disk_pos"], torch.tensor([[1.0, 0.0]] * 2)), 1)
    )
    assert first.native is not None
    gap = (first.signals["disk_pos"] - torch.tensor([1.0, 0.0])).norm(dim=1)
    assert torch.allclose(first.native, -gap)


def test_a_row_that_failed_shows_its_last_state_and_begins_at_once(env: VecEnv):
    steps = batched.play(env, *[[LEFT, STAY]] * 8)
    last = next(n for n, step in enumerate(steps) if step.terminated[0])
    assert float(steps[last].signals["disk_pos"][0, 0]) < -0.5
    assert not torch.stack([step.terminated[1] for step in steps]).any()
    after = steps[last + 1] if last < 7 else batched.play(env, [LEFT, STAY])[0]
    # no phantom step: it starts within 0.1 of the middle, and this action has moved it
    assert -0.2 <= float(after.signals["disk_pos"][0, 0]) <= 0.0
    assert torch.equal(after.signals["disk_vel"][0], torch.tensor(LEFT))


def test_a_goal_that_the_suite_ends_at_may_be_left_again(env: VecEnv):
    """And its own limit of 12 steps is not ours."""
    steps = list[torch.Tensor]()
    place = batched.play(env, [STAY, STAY])[0].signals["disk_pos"]
    for _ in range(18):
        step = env.step(10.0 * (torch.tensor([1.0, 0.0]) - place))
        assert not step.terminated.any()
        assert not step.truncated.any()
        place = step.signals["disk_pos"]
        steps.append(step.success)
    assert steps[-1].all()
    last = env.step(torch.zeros(2, 2))
    assert last.truncated.all()
    assert torch.equal(last.true_score, torch.ones(2))
    assert (env.step(torch.zeros(2, 2)).signals["disk_pos"].abs() <= 0.1).all()


def test_starts_hang_on_the_first_seed_alone(task: TableTask):
    few, many = task.make(1, 1), task.make(5, 1)
    few.reset(torch.tensor([3]))
    many.reset(torch.tensor([3, 8, 8, 8, 8]))
    one, five = (env.step(torch.zeros(env.num_envs, 2)).signals["disk_pos"] for env in (few, many))
    assert torch.equal(one, five[:1])
    batched.play(few, *[[LEFT]] * 9)
    few.reset(torch.tensor([3]))
    assert torch.equal(few.step(torch.zeros(1, 2)).signals["disk_pos"], one)
    few.reset(torch.tensor([4]))
    assert not torch.equal(few.step(torch.zeros(1, 2)).signals["disk_pos"], one)
    few.close()
    many.close()


def test_some_go_on_while_others_come(task: TableTask):
    env = task.make(4, 1)
    env.reset(torch.arange(4))
    before = batched.play(env, [RIGHT, STAY, STAY, STAY], [RIGHT, STAY, LEFT, STAY])[1].signals["disk_pos"]
    env.exchange(torch.tensor([2, 0]), torch.tensor([9]))
    after = env.step(torch.zeros(3, 2)).signals["disk_pos"]
    assert torch.equal(after[:2], before[[2, 0]])
    assert (after[2].abs() <= 0.1).all()
    env.close()


def test_first_observations_show_bodies_as_they_were(env: VecEnv):
    """As in the suite, which sees them again after its next step; the other numbers are new."""
    steps = batched.play(env, *[[RIGHT, STAY]] * 20)
    assert steps[-1].truncated.all()
    assert torch.equal(steps[-1].observation[:, :2], steps[-1].final_observation[:, :2])
    assert (env.step(torch.zeros(2, 2)).observation[:, :2].abs() <= 0.1).all()


@pytest.mark.parametrize(
    "check",
    [
        tasks.observations_have_their_declared_size,
        tasks.signals_match_their_table,
        trying.same_seeds_begin_alike,
    ],
)
def test_it_keeps_the_contract(task: Task, check: Callable[[Task], None]):
    check(task)


def test_a_hand_resets_goals_too(tmp_path: Path):
    env = made(tmp_path, "Hand").make(2, 1)
    env.reset(torch.arange(2))
    assert torch.equal(batched.play(env, [STAY, STAY])[0].signals["mark_pos"], torch.tensor([[0.5, 0.0]] * 2))
    env.close()


def test_a_task_of_a_function(tmp_path: Path):
    """As Bi-DexHands has it: a wrapper with a task inside, and plain observations."""
    task = made(tmp_path, "'make.py:hands'")
    (tmp_path / "make.py").write_text(
        "import isaacgymenvs\n\n\nclass Whole:\n    def __init__(self, task):\n"
        "        self.task, self.action_space, self.clip_obs = task, task.action_space, 5.0\n\n"
        "    def step(self, actions):\n        obs, *rest = self.task.step(actions)\n"
        "        return (obs['obs'], *rest)\n\n\n"
        "def hands(**given):\n"
        "    return Whole(isaacgymenvs.make(task='Hand', force_render=False, **given))\n",
        encoding="utf-8",
    )
    env = task.make(2, 1)
    env.reset(torch.arange(2))
    assert torch.equal(batched.play(env, [STAY, RIGHT])[0].signals["disk_vel"], torch.tensor([STAY, RIGHT]))
    env.close()


def test_a_mean_over_all_is_no_signal(tmp_path: Path):
    with pytest.raises(SuiteError, match="one row for each of 6 environments is needed; a mean"):
        made(tmp_path, mean_m="info: consecutive_successes").make(2, 1)


def test_a_wrong_shape_is_named(tmp_path: Path):
    wrong = "attribute: root_states, columns: [0, 2], shape: [3]"
    with pytest.raises(SuiteError, match="disk_pos has 2 numbers, and its shape says 3"):
        made(tmp_path, disk_pos=wrong).make(2, 1)


def test_more_than_the_batch_is_refused(task: TableTask):
    with pytest.raises(UsageError, match=r"7 environments of batched-disk are wanted, and its `batch` is 6"):
        task.make(7, 1)


def test_a_gpu_that_is_not_there(task: TableTask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(UsageError, match="simulated on cpu; --device is 'cuda'"):
        task.check_device("cuda")
    text = task.path.read_text(encoding="utf-8").replace("devices: [cpu]\n", "")
    (tmp_path / "disk.yaml").write_text(text, encoding="utf-8")
    gpu = TableTask(tmp_path / "disk.yaml")
    assert gpu.capabilities.devices == ("cuda",)
    assert gpu.capabilities.alone
    assert not gpu.on_cpu
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UsageError, match="sees no NVIDIA GPU"):
        gpu.check_device("cuda")


def test_tensors_are_put_on_a_device(env: VecEnv):
    """On that of nothing: what matters is that all of them go."""
    there = OnDevice(env, "meta")  # type: ignore[arg-type]
    step = there.step(torch.zeros(2, 2))
    assert there.num_envs == 2
    tensors = [
        value for value in (*vars(step).values(), *step.signals.values()) if isinstance(value, torch.Tensor)
    ]
    assert len(tensors) == 16
    assert all(value.device.type == "meta" for value in tensors)
    assert there.reset(torch.arange(2)).device.type == "meta"


def test_a_whole_training(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file, out = made(tmp_path).path, tmp_path / "out"
    assert run(["train", str(file), "--reward", "native", "--episodes", "3", "--out", str(out)]) == 0
    assert "on 3 episodes  64 steps" in capsys.readouterr().out
