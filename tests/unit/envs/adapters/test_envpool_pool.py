"""Blocks of EnvPool, with a library in its place that counts."""

import sys
from types import ModuleType, SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest

from rewardsmith_envs.adapters.serving import envpool_pool, frames, readers, spaces
from rewardsmith_envs.adapters.serving.gymnasium_pool import UnusableError

SPEC = {
    "environment": "Count-v0",
    "arguments": {},
    "observation": [],
    "folder": ".",
    "signals": [{"slice": [0, 2]}, {"info": "age"}],
    "width": 3,
    "success": {"info": "met"},
    "metric": None,
    "native": None,
    "render": False,
}


class Counting:
    """Observes its seed, its episode and its age; a step behind an end would be a reset."""

    made: ClassVar[list["Counting"]] = []

    def __init__(self, name, num_envs, env_seed, num_threads, max_episode_steps):
        self.seeds, self.limit = np.array(env_seed, np.float64), max_episode_steps
        self.episode, self.age = np.full(num_envs, -1.0), np.zeros(num_envs)
        self.ends_at = 3 if name == "Ending-v0" else 10**9
        self.action_space = SimpleNamespace(
            shape=(1,), low=np.array([-2.0]), high=np.array([2.0]), dtype=np.dtype(np.float32)
        )
        Counting.made.append(self)

    def reset(self, ids):
        self.episode[ids] += 1
        self.age[ids] = 0
        return self.seen(ids)

    def step(self, actions, ids):
        self.age[ids] += 1
        turned = ids[::-1]  # whichever was ready first
        obs, info = self.seen(turned)
        obs[:, 2] = actions[::-1, 0]
        ended = self.age[turned] >= self.ends_at
        return obs, np.ones(len(ids)), ended, np.zeros(len(ids), bool), info

    def seen(self, ids):
        obs = np.stack((self.seeds[ids], self.episode[ids], np.zeros(len(ids))), axis=1)
        return obs, {"env_id": ids, "age": self.age[ids], "met": self.age[ids] == 2}


@pytest.fixture(autouse=True)
def library(monkeypatch: pytest.MonkeyPatch):
    fake = ModuleType("envpool")
    fake.make_gymnasium = Counting  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "envpool", fake)
    Counting.made.clear()


def pool(count, **changes):
    made = envpool_pool.Pool({**SPEC, **changes}, count)
    made.check_widths([2, 1], ["two", "one"])
    return made


def rows(*numbers):
    return np.array(numbers, np.int32)


def test_each_block_has_seeds_of_its_own_and_stays_as_others_come():
    some = pool(4)
    assert some.start(rows(0, 1, 2), np.array([5, 6, 7]))[:, 0].tolist() == [5, 6, 7]
    some.step(rows(0, 1, 2), np.zeros((3, 1)))
    assert some.start(rows(3, 0), np.array([8, 9]))[:, :2].tolist() == [[8, 0], [9, 0]]
    seen, read, _, native, _ = some.step(rows(2, 0, 1, 3), np.array([[0.1], [0.2], [0.3], [0.4]]))
    assert seen[:, 0].tolist() == [7, 9, 6, 8]
    assert read[:, 2].tolist() == [2, 1, 2, 1]
    assert seen[:, 2].tolist() == pytest.approx([0.2, 0.4, 0.6, 0.8])
    assert native.tolist() == [1, 1, 1, 1]
    assert [made.limit for made in Counting.made] == [1 << 30] * 3


def test_the_next_episode_goes_on_in_its_own_stream():
    some = pool(2)
    some.start(rows(0, 1), np.array([5, 6]))
    assert some.again(rows(1), np.array([99]))[:, :2].tolist() == [[6, 1]]
    flags = [some.step(rows(0, 1), np.zeros((2, 1)))[4].tolist() for _ in range(3)]
    assert flags == [[0, 0], [frames.SUCCESS] * 2, [0, 0]]


def test_an_end_that_is_not_followed_by_a_reset_is_refused():
    some = pool(1, environment="Ending-v0")
    some.start(rows(0), np.array([5]))
    ends = [some.step(rows(0), np.zeros((1, 1)))[4][0] & frames.TERMINATED for _ in range(3)]
    assert ends == [0, 0, frames.TERMINATED]
    with pytest.raises(UnusableError, match="terminations: all"):
        some.step(rows(0), np.zeros((1, 1)))
    some.again(rows(0), np.array([0]))
    some.step(rows(0), np.zeros((1, 1)))


def test_what_envpool_does_not_show_is_refused():
    with pytest.raises(UnusableError, match="one of slice, key, info, function"):
        pool(1, signals=[{"body": "cube"}])
    with pytest.raises(readers.ReaderError, match="has no 'solved'"):
        pool(1, signals=[{"info": "solved"}])
    with pytest.raises(spaces.SpaceError, match="plain array"):
        pool(1, observation=["cube"])
    with pytest.raises(UnusableError, match="two has 2 numbers, and its shape says 3"):
        envpool_pool.Pool(SPEC, 1).check_widths([3, 1], ["two", "one"])
