"""What is read of a batch, and what is said where it cannot be; no suite is needed for that."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from rewardsmith_envs.adapters.serving import batch_pool, batch_readers, readers, spaces
from rewardsmith_envs.adapters.serving.gymnasium_pool import UnusableError
from rewardsmith_envs.adapters.serving.manager_pool import override

POSES = torch.arange(14.0).view(2, 7)
BODIES = torch.arange(12.0).view(2, 2, 3)


def simulation(**more):
    sim: Any = batch_pool.Simulation()
    data = SimpleNamespace(poses=POSES, bodies=BODIES, wrapped=SimpleNamespace(torch=BODIES))
    env = SimpleNamespace(parts={"robot": SimpleNamespace(data=data)}, **more)
    vars(sim).update(torch=torch, size=2, env=env)
    return sim


def read(reader, obs=None, info=None, **more):
    return batch_readers.make(reader, simulation(**more), ".")(obs or {}, info or {}).tolist()


def test_a_way_to_a_tensor():
    assert read({"attribute": "parts[robot].data.poses", "columns": [0, 3]}) == [[0, 1, 2], [7, 8, 9]]
    assert read({"attribute": "parts[robot].data.bodies[1]"}) == [[3, 4, 5], [9, 10, 11]]
    assert read({"attribute": "parts[robot].data.wrapped[1]"}) == [[3, 4, 5], [9, 10, 11]]
    assert read({"attribute": "parts[robot].data.wrapped"})[1] == [6, 7, 8, 9, 10, 11]


def test_quaternions_become_w_first():
    reader = {"attribute": "parts[robot].data.poses", "columns": [3, 7], "quat": "xyzw"}
    assert read(reader) == [[6, 3, 4, 5], [13, 10, 11, 12]]


def test_origins_are_taken_away():
    reader = {"attribute": "parts[robot].data.poses", "columns": [0, 3], "origins": True}
    scene = SimpleNamespace(env_origins=torch.tensor([[0.0, 1.0, 0.0], [7.0, 8.0, 0.0]]))
    assert read(reader, scene=scene) == [[0, 0, 2], [0, 0, 9]]


def test_groups_and_info():
    obs = {"policy": {"arm": POSES[:, :2]}}
    assert read({"key": "policy/arm"}, obs) == [[0, 1], [7, 8]]
    assert read({"info": "log/met"}, info={"log": {"met": torch.tensor([True, False])}}) == [[1], [0]]
    assert read({"info": "met", "missing": 0.5}) == [[0.5], [0.5]]


@pytest.mark.parametrize(
    ("reader", "said"),
    [
        (
            {"attribute": "parts[robot].data.poses", "origins": True},
            "gives 7 numbers, and `origins` is for 3",
        ),
        ({"attribute": "parts[robot].data.bodies[0]", "origins": True}, "no env_origins: leave it out"),
        ({"attribute": "parts[robot].data.bodies[hand]"}, r"\[hand\] of a tensor is to be a number"),
        ({"attribute": "[x]"}, "cannot be read from"),
        ({"attribute": "parts..x"}, "cannot be read from"),
        ({"info": "won"}, r"info has no 'won'; it has \['mean'\]"),
        ({"info": "mean"}, r"info 'mean' has the shape \(\), and one row for each of 2"),
        ({"body": "hand"}, "a batch shows key, info, attribute, function"),
    ],
)
def test_what_cannot_be_read(reader, said):
    with pytest.raises(readers.ReaderError, match=said):
        read(reader, info={"mean": torch.tensor(0.5)})


def test_a_group_that_is_not_there():
    with pytest.raises(spaces.SpaceError, match="has no 'critic'; it has policy"):
        read({"key": "critic"}, {"policy": POSES})


def test_configurations_are_changed_by_dotted_names():
    cfg = SimpleNamespace(scene=SimpleNamespace(space=1.0), terms={"fell": 1, "late": 2})
    override(cfg, {"scene.space": 2.0, "terms.fell": None, "terms.late": 3})
    assert cfg.scene.space == 2.0
    assert cfg.terms == {"late": 3}
    with pytest.raises(UnusableError, match=r"arguments has 'scene\.spice'.* no 'spice' there; it has space"):
        override(cfg, {"scene.spice": 1})
