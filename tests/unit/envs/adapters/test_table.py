"""What a task file may say, and how it is told what it may not."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest
import yaml

from rewardsmith.contracts import Capabilities, Role, Signal, Span
from rewardsmith.errors import UsageError
from rewardsmith_envs.adapters.reading import parse_table, read_table
from rewardsmith_envs.adapters.table import Reader, Table
from rewardsmith_envs.adapters.task import TableTask
from tests.steered import ROOT, task_file


def data(tmp_path: Path) -> dict:
    return yaml.safe_load(task_file(tmp_path).read_text(encoding="utf-8"))


def test_signals_as_rewards_know_them(tmp_path: Path):
    task = TableTask(task_file(tmp_path))
    names = ["disk_pos", "disk_vel", "disk_quat", "mark_pos", "actions", "previous_actions"]
    assert [signal.name for signal in task.signals] == names
    assert task.signals[0] == Signal(
        "disk_pos", (2,), "m", "world", "centre of the disk", Role.EFFECTOR, -3, 3
    )
    assert task.signals[4] == Signal(
        "actions", (2,), "1", "policy", "commands of this step", Role.ACTION, -1, 1
    )


@pytest.mark.parametrize(
    ("reader", "shape"),
    [
        ({"site": "tip"}, (3,)),
        ({"body": "cube", "quantity": "quat"}, (4,)),
        ({"joint": "hinge"}, ()),
        ({"joint": ["a", "b"]}, (2,)),
        ({"slice": [3, 4]}, ()),
        ({"slice": [0, 3]}, (3,)),
        ({"key": "observation", "columns": [2, 5]}, (3,)),
        ({"key": "observation", "shape": [2, 3]}, (2, 3)),
    ],
)
def test_shapes_that_need_not_be_said(tmp_path: Path, reader: dict, shape: tuple[int, ...]):
    found = data(tmp_path)
    rest = {"unit": "m", "frame": "world", "meaning": "x", "role": "object", "low": 0, "high": 1}
    found["signals"] = {"thing": {**reader, **rest}}
    assert parse_table(found, "here").signals["thing"].sizes == shape


def test_toml_says_the_same(tmp_path: Path):
    path = tmp_path / "task.toml"
    path.write_text(
        'format = 1\nname = "disk"\nenvironment = "X-v0"\ndescription = "words"\nsuccess_rule = "in 1 m"\n'
        'horizon = 5\ncontrol_dt = 0.1\naction_size = 2\nsuccess = {info = "won"}\n'
        "[signals.disk_pos]\nslice = [0, 2]\nunit = \"m\"\nframe = \"world\"\nmeaning = \"x\"\n"
        'role = "object"\nlow = -1\nhigh = 1\nstart = [[0, 0], [1, 1]]\n',
        encoding="utf-8",
    )  # fmt: skip
    table = read_table(path)
    assert table.signals["disk_pos"].sizes == (2,)
    assert table.starts() == {"disk_pos": Span((0.0, 0.0), (1.0, 1.0))}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"horizon": None}, "horizon is None"),
        ({"name": "../up"}, "name is '../up'; give up to 64 letters"),
        ({"horizon": 0}, "horizon is 0; give 1 to 1,000,000"),
        ({"control_dt": -0.1}, r"control_dt is -0\.1; give seconds above 0"),
        ({"hoirzon": 5}, "hoirzon is unknown. Known: .*horizon"),
        ({"success": {"info": "a", "key": "b"}}, "success has key and info; give one of slice, key"),
        ({"success": {"inof": "a"}}, "success.inof is unknown. Known: slice, key, info"),
        ({"success": {}}, "success has no source"),
        ({"metric": {"info": "speed"}}, "give `success` or `metric`, one of them"),
        ({"success": {"function": "../evil.py:run"}}, "success has the function '../evil.py:run'"),
        ({"success": {"function": "met"}}, "give FILE.py:NAME beside it"),
        ({"backend": "unreal"}, "backend is 'unreal'"),
        ({"format": 7}, "format is 7"),
        ({"repeats": "always"}, "repeats is 'always'"),
    ],
)
def test_what_is_refused(tmp_path: Path, change: dict, said: str):
    with pytest.raises(UsageError, match=said):
        parse_table({**data(tmp_path), **change}, "here")


BATCH = {
    "backend": "isaacgym", "batch": 64, "repeats": "run", "success": {"info": "met"},
    "signals": {
        "disk_pos": {
            "key": "obs", "columns": [0, 3], "unit": "m", "frame": "world", "meaning": "x",
            "role": "object", "low": 0, "high": 1,
        }
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({**BATCH, "batch": 0}, "batch is 0; a simulation of isaacgym has a fixed number"),
        ({**BATCH, "repeats": "bit"}, "repeats is bit, and all environments of isaacgym draw from one"),
        ({**BATCH, "backend": "mjlab"}, "terminations is but-success, and mjlab begins anew"),
        ({**BATCH, "camera": True}, "camera is true, and a batch draws no pictures"),
        ({**BATCH, "success": {"body": "cube"}}, "success reads what a batch does not show; give one of key"),
        ({**BATCH, "devices": ["tpu"]}, "devices.0 is 'tpu'"),
        ({"batch": 64}, "batch is 64, and gymnasium makes as many environments as are asked"),
        ({"devices": ["cuda"]}, r"devices is \['cuda'\], and gymnasium simulates on the CPU"),
        ({"success": {"info": "met", "origins": True}}, "success has `origins`, which batches have alone"),
    ],
)
def test_batches_that_are_refused(tmp_path: Path, change: dict, said: str):
    with pytest.raises(UsageError, match=said):
        parse_table({**data(tmp_path), **change}, "here")


def test_a_batch_trains_one_program_in_all_its_rows(tmp_path: Path):
    found = {**data(tmp_path), **BATCH, "native": {"says": "x"}, "human_reward": "", "presets": {}}
    path = tmp_path / "batch.yaml"
    path.write_text(yaml.safe_dump(found), encoding="utf-8")
    task = TableTask(path)
    assert task.capabilities == Capabilities("run", ("cuda",), True, 64, True, "x")
    assert (task.preset("population", "cuda")["envs"], task.preset("population", "cuda")["slots"]) == (64, 1)


@pytest.mark.parametrize(
    ("name", "row", "said"),
    [
        ("disk pos", {}, "'disk pos' cannot name a signal"),
        ("actions", {}, "'actions' cannot name a signal"),
        ("disk", {"role": "toy"}, "signals.disk.role is 'toy'"),
        ("disk", {"low": None}, "signals.disk.low is None"),
    ],
)
def test_signals_that_are_refused(tmp_path: Path, name: str, row: dict, said: str):
    found = data(tmp_path)
    found["signals"] = {name: {**found["signals"]["disk_pos"], **row}}
    with pytest.raises(UsageError, match=said):
        parse_table(found, "here")


def test_what_is_missing_is_named(tmp_path: Path):
    found = data(tmp_path)
    del found["success_rule"]
    with pytest.raises(
        UsageError, match=r"here: success_rule is missing. `rewardsmith adapt ID --out FILE` drafts"
    ):
        parse_table(found, "here")


def test_a_file_that_is_not_there(tmp_path: Path):
    with pytest.raises(UsageError, match=r"cannot read the task file .*none\.yaml: No such file"):
        read_table(tmp_path / "none.yaml")


def test_the_page_names_every_key():
    page = (ROOT / "docs" / "task-files.md").read_text(encoding="utf-8")
    for kind in (Table, Reader):
        for entry in fields(kind):
            assert re.search(rf"`{entry.name}[`:]", page), f"docs/task-files.md lacks {entry.name}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: &a [1]\nb: [*a, *a]\n", r"it has an alias \(\*NAME\)"),
        ("a: " + "[" * 5_000, "is no YAML"),
        ("a: 2024-13-45\n", "is no YAML"),
        ("a: !!python/object/apply:os.abort []\n", "is no YAML"),
        ("a: " + "9" * 5_000, "is no YAML"),
        ("\x00\xff", "is no YAML"),
    ],
)
def test_odd_texts(tmp_path: Path, text: str, said: str):
    path = tmp_path / "task.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=said):
        read_table(path)
