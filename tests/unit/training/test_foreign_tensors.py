"""Forged policies and episodes: refused before memory is taken, by name, whatever they hold."""

from __future__ import annotations

import io
import os
import pickle
import struct
import zipfile
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import torch

from rewardsmith.contracts import VecEnv
from rewardsmith.errors import UsageError
from rewardsmith.registry import TASKS
from rewardsmith.screening.pool import load_pool
from rewardsmith.training import episodes, policy_file
from rewardsmith.training.episodes import Episodes
from tests.builders import save_policy

INF, NAN = float("inf"), float("nan")


@pytest.fixture(scope="module")
def env() -> VecEnv:
    return TASKS.load("franka-reach").make(1, 1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    save_policy(tmp_path / "policy.pt", TASKS.load("franka-reach"))
    return tmp_path / "policy.pt"


def refused(path: Path, env: VecEnv, message: str = "not a policy|another task|cannot read") -> None:
    with pytest.raises(UsageError, match=message) as caught:
        policy_file.load(path, env)
    assert str(path) in str(caught.value)


def rewrite(path: Path, **changes: Any) -> None:
    data = {**torch.load(path, weights_only=True), **changes}
    torch.save({name: value for name, value in data.items() if value is not None}, path)


def zeros(*shape: int) -> torch.Tensor:
    return torch.zeros(*shape, dtype=torch.float64)


def test_a_whole_policy_is_read(path: Path, env: VecEnv):
    assert (
        policy_file.load(path, env).act(torch.zeros(1, 1, env.observation_size)).shape[-1] == env.action_size
    )


ODD = {
    "many layers": {"hidden": torch.ones(200_000, dtype=torch.int64)},
    "wide layers": {"hidden": torch.tensor([30_000, 30_000])},
    "endless layer": {"hidden": torch.tensor([2**62])},
    "negative layer": {"hidden": torch.tensor([-8])},
    "no layer": {"hidden": torch.tensor(8)},
    "empty layer": {"hidden": torch.tensor([0])},
    "float layers": {"hidden": torch.tensor([8.0])},
    "list of layers": {"hidden": [8]},
    "table of layers": {"hidden": torch.tensor([[8]])},
    "other layers": {"hidden": torch.tensor([9])},
    "complex": {"parameters": torch.zeros(4, dtype=torch.complex64)},
    "double": {"parameters": torch.zeros(4, dtype=torch.float64)},
    "table": {"parameters": torch.zeros(4, 4)},
    "scalar": {"parameters": torch.tensor(1.0)},
    "no parameters": {"parameters": None},
    "empty": {"parameters": torch.zeros(0)},
    "expanded": {"parameters": torch.zeros(1).expand(10**9)},
    "sparse": {"parameters": torch.zeros(4).to_sparse()},
    "meta": {"parameters": torch.empty(4, device="meta")},
    "a parameter": {"parameters": torch.nn.Parameter(torch.zeros(4))},
    "a number": {"parameters": 3},
    "scalar mean": {"observation_mean": torch.tensor(0.0, dtype=torch.float64)},
    "no mean": {"observation_mean": None},
    "flat mean": {"observation_mean": zeros(4)},
    "two means": {"observation_mean": zeros(2, 4), "observation_variance": zeros(2, 4)},
    "other mean": {"observation_mean": zeros(1, 3), "observation_variance": zeros(1, 3)},
    "mean and variance": {"observation_mean": zeros(1, 3)},
    "integer mean": {"observation_mean": torch.zeros(1, 4, dtype=torch.int64)},
    "activation": {"activation": "swish"},
    "activation in a list": {"activation": ["tanh"]},
}


@pytest.mark.parametrize("changes", ODD.values(), ids=ODD)
def test_a_part_of_another_kind_or_size_is_refused(path: Path, env: VecEnv, changes: dict[str, object]):
    rewrite(path, **changes)
    refused(path, env)


@pytest.mark.parametrize(
    ("name", "value"), [("parameters", NAN), ("observation_mean", INF), ("observation_variance", -1.0)]
)
def test_numbers_that_cannot_be_are_refused(path: Path, env: VecEnv, name: str, value: float):
    data = torch.load(path, weights_only=True)
    data[name].view(-1)[0] = value
    torch.save(data, path)
    refused(path, env, "is not a policy")


@pytest.mark.parametrize(
    "whole", [[1, 2], "text", 3, None, torch.zeros(3), {}, {1: 2}, OrderedDict(a=torch.zeros(1))]
)
def test_something_else_that_torch_saved_is_refused(path: Path, env: VecEnv, whole: object):
    torch.save(whole, path)
    refused(path, env, "is not a policy")


class Calls:
    """A pickle that calls something."""

    def __init__(self, what: object, *arguments: object) -> None:
        self.what, self.arguments = what, arguments

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return self.what, self.arguments


def with_pickle(path: Path, content: bytes, method: int = zipfile.ZIP_STORED) -> None:
    """The archive with another pickle in it."""
    with zipfile.ZipFile(path) as archive:
        records = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, record in records.items():
            archive.writestr(name, content if name.endswith("data.pkl") else record)


PICKLES = {
    "nothing": b"",
    "only a stop": b".",
    "cut": b"\x80\x02}q\x00(",
    "unknown opcode": b"\xff\xff",
    "missing memo": b"\x80\x02h\x05.",
    "pop of nothing": b"\x80\x020.",
    "much memory": pickle.dumps(Calls(bytearray, 10**11), 2),
    "a command": pickle.dumps(Calls(os.system, "touch canary"), 2),
    "a command in protocol 4": pickle.dumps(Calls(os.system, "touch canary"), 4),
    "a wrong reference": (
        b"\x80\x02(X\x07\x00\x00\x00storagectorch\nFloatStorage\n"
        b"X\x01\x00\x00\x009X\x03\x00\x00\x00cpuK\x05tQ."
    ),
    "a short reference": b"\x80\x02K\x01Q.",
    "a build": b"\x80\x02ccollections\nOrderedDict\n)R}X\x01\x00\x00\x00aK\x01sb.",
    "a storage called": b"\x80\x02ctorch\nFloatStorage\nJ\xff\xff\xff\x7f\x85R.",
    "deep": b"\x80\x02" + b"}" * 100_000 + b".",
    "deep tuples": b"\x80\x02)" + b"\x85" * 100_000 + b".",
    "long": b"\x80\x02" + b"N0" * 400_000 + b"N.",
    "a huge number": b"\x80\x02\x8b\xff\xff\xff\x7f.",
}


@pytest.mark.parametrize("content", PICKLES.values(), ids=PICKLES)
def test_a_pickle_that_is_no_policy_is_refused(
    path: Path, env: VecEnv, content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    with_pickle(path, content)
    refused(path, env, "is not a policy")
    assert [file.name for file in tmp_path.iterdir()] == ["policy.pt"]


@pytest.mark.parametrize("elements", [0, 1, 10**6, 2**31 - 1])
def test_a_tensor_that_claims_another_size_than_it_has_is_refused(path: Path, env: VecEnv, elements: int):
    with zipfile.ZipFile(path) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("data.pkl"))
        content = archive.read(name)
    size = len(torch.load(path, weights_only=True)["parameters"])
    assert size < 65_536
    old, new = b"M" + struct.pack("<H", size), b"J" + struct.pack("<i", elements)
    assert old in content
    with_pickle(path, content.replace(old, new))
    refused(path, env)


def test_a_compressed_archive_is_refused(path: Path, env: VecEnv):
    with_pickle(path, b"\x80\x02}.", zipfile.ZIP_DEFLATED)
    refused(path, env, "is not a policy")


def test_sizes_that_are_too_large_are_refused_before_they_are_read(
    path: Path, env: VecEnv, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(policy_file, "POLICY_BYTES", 1_000)
    rewrite(path, parameters=torch.zeros(200_000))
    refused(path, env, "is not a policy")


def test_two_records_of_one_name_are_refused(path: Path, env: VecEnv):
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr(archive.namelist()[0], b"x")
    refused(path, env, "is not a policy")


def test_a_directory_without_end_is_refused(path: Path, env: VecEnv):
    with zipfile.ZipFile(path, "a") as archive:
        for number in range(30_000):
            archive.writestr(f"archive/data/x{number}", b"")
    refused(path, env, "is not a policy")


@pytest.mark.parametrize("at", [0, 30, 60, 200, 500, 900, -1, -20, -60, -200])
def test_damage_anywhere_is_a_clear_error_or_harmless(path: Path, env: VecEnv, at: int):
    content = bytearray(path.read_bytes())
    for number in range(8):
        content[at - number if at < 0 else at + number] ^= 0xFF
    path.write_bytes(content)
    with suppress(UsageError):
        policy_file.load(path, env)


@pytest.mark.parametrize(
    "content", [b"", b"PK", b"PK\x05\x06" + b"\0" * 18, b"x" * 1_000, pickle.dumps({"hidden": 1})]
)
def test_what_is_no_archive_is_refused(path: Path, env: VecEnv, content: bytes):
    path.write_bytes(content)
    refused(path, env, "is not a policy")


def test_pipes_devices_and_folders_are_refused_without_waiting(tmp_path: Path, env: VecEnv):
    os.mkfifo(tmp_path / "pipe.pt")
    (tmp_path / "zero.pt").symlink_to("/dev/zero")
    for name, what in (
        ("pipe.pt", "a pipe"),
        ("zero.pt", "a device"),
        (".", "a folder"),
        ("none.pt", "No such file"),
    ):
        refused(tmp_path / name, env, f"cannot read .*{what}")


def played(**changes: Any) -> dict[str, Any]:
    whole = {
        "signals": {"a": torch.rand(3, 4, 2), "b": torch.rand(3, 4)},
        "alive": torch.ones(3, 4, dtype=torch.bool),
        "true_score": torch.rand(3),
        "success": torch.zeros(3, dtype=torch.bool),
    }
    return {name: value for name, value in {**whole, **changes}.items() if value is not None}


def test_episodes_are_read_as_they_were_saved(tmp_path: Path):
    whole = Episodes(**played())
    episodes.save(tmp_path / "deep" / "episodes.pt", whole)
    assert torch.equal(episodes.load(tmp_path / "deep" / "episodes.pt").signals["a"], whole.signals["a"])
    assert os.listdir(tmp_path / "deep") == ["episodes.pt"]


@pytest.mark.parametrize(
    "whole",
    [
        [1],
        None,
        {},
        played(signals=None),
        played(signals={}),
        played(signals=torch.zeros(3, 4)),
        played(signals={"a": [1.0]}),
        played(signals={1: torch.zeros(3, 4)}),
        played(signals={"a": torch.zeros(3, 5)}),
        played(signals={"a": torch.zeros(3)}),
        played(signals={"a": torch.zeros(3, 4, dtype=torch.float64)}),
        played(signals={"a": torch.zeros(1).expand(3, 4, 10**8)}),
        played(alive=None),
        played(alive=torch.ones(3, 4)),
        played(alive=torch.ones(12, dtype=torch.bool)),
        played(alive=torch.tensor(True)),
        played(true_score=torch.rand(2)),
        played(true_score=torch.rand(3, 1)),
        played(true_score=3),
        played(success=torch.zeros(3)),
        played(success=torch.zeros(4, dtype=torch.bool)),
    ],
)
def test_episodes_that_cannot_be_are_refused_and_left_out(tmp_path: Path, whole: object):
    torch.save(whole, tmp_path / "odd.pt")
    with pytest.raises(UsageError, match=r"odd\.pt holds no episodes"):
        episodes.load(tmp_path / "odd.pt")
    episodes.save(tmp_path / "good.pt", Episodes(**played()))
    pool = load_pool([tmp_path / "odd.pt", tmp_path / "good.pt", tmp_path / "missing.pt"])
    assert pool
    assert len(pool.true_score) == 3


def test_a_bomb_among_episodes_is_left_out(tmp_path: Path):
    file = io.BytesIO()
    torch.save(played(), file)
    (tmp_path / "bomb.pt").write_bytes(file.getvalue())
    with_pickle(tmp_path / "bomb.pt", pickle.dumps(Calls(bytearray, 10**11), 2))
    os.mkfifo(tmp_path / "pipe.pt")
    assert load_pool([tmp_path / "bomb.pt", tmp_path / "pipe.pt"]) is None
