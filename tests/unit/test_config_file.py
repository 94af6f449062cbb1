"""Config files that somebody else wrote."""

import time
from pathlib import Path

import pytest

from rewardsmith.config import StudyConfig
from rewardsmith.config_file import from_mapping, parse_yaml, read_yaml, short
from rewardsmith.errors import UsageError

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join(['*' + old] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(BOMB + "task: *i\n", id="alias bomb"),
        pytest.param("task: &a x\nwriter: *a\n", id="alias"),
        pytest.param("&a task: x\n", id="anchor"),
        pytest.param("task: 2024-13-45\n", id="month"),
        pytest.param(f"seed: {'9' * 5000}\n", id="digits"),
        pytest.param(f"seed: {'1:' * 3000}1\n", id="base sixty"),
        pytest.param(f"seed: {'[' * 3000}\n", id="brackets"),
        pytest.param(f"task: {'[' * 50}{']' * 50}\n", id="closed brackets"),
        pytest.param("task: {" * 500, id="braces"),
        pytest.param("- " * 5000 + "x", id="deep sequence"),
        pytest.param("seed: !!int ''\n", id="empty number"),
        pytest.param("seed: !!float ''\n", id="empty float"),
        pytest.param("seed: !!bool maybe\n", id="odd truth"),
        pytest.param("seed: !!timestamp soon\n", id="odd time"),
        pytest.param("seed: !!python/object/apply:os.system [ls]\n", id="object"),
        pytest.param("? [a, b]\n: c\n", id="key that is a list"),
        pytest.param("1: 2\n", id="key that is a number"),
        pytest.param("2024-01-01: 2\n", id="key that is a date"),
        pytest.param("candidates: 2024-01-01\n", id="date"),
        pytest.param("candidates: !!binary aGFsbG8=\n", id="bytes"),
        pytest.param("candidates: !!set {a, b}\n", id="set"),
        pytest.param("candidates: !!omap [a: 1]\n", id="pairs"),
        pytest.param(f"candidates: [{'x, ' * 20_000}x]\n", id="long list"),
        pytest.param(f"{'x' * 50_000}: 1\n", id="long key"),
        pytest.param(f"task: {'x' * 150_000}\n", id="long file"),
        pytest.param("task: x\n---\ntask: y\n", id="two documents"),
        pytest.param("task: '\\ud800\n", id="broken quote"),
        pytest.param("", id="empty"),
        pytest.param("42", id="number"),
    ],
)
def test_odd_texts_are_refused_at_once_in_few_words(tmp_path: Path, text: str):
    (tmp_path / "c.yaml").write_text(text, encoding="utf-8")
    started = time.process_time()
    with pytest.raises(UsageError) as caught:
        from_mapping(StudyConfig, {"task": "t", **read_yaml(tmp_path / "c.yaml")})
    assert time.process_time() - started < 5.0
    assert len(str(caught.value)) < 1_200


def test_what_is_no_utf8_or_endless_is_refused(tmp_path: Path):
    (tmp_path / "c.yaml").write_bytes(b"task: \xff\n")
    with pytest.raises(UsageError, match="not valid YAML"):
        read_yaml(tmp_path / "c.yaml")
    with pytest.raises(UsageError, match="larger than 100,000 bytes"):
        read_yaml(Path("/dev/zero"))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"candidates": 10**12}, "'candidates' is 1000000000000; give at most 1,000,000"),
        ({"candidates": 10**5000}, "thousands of digits"),
        ({"seed": 2**70}, "give at most"),
        ({"max_usd": 10**400}, "config key 'max_usd'"),
        ({"max_hours": float("nan")}, "finite"),
        ({"max_hours": float("inf")}, "finite"),
        ({"strategy": "../../x"}, "'strategy' is '../../x'; give a name"),
        ({"strategy": ""}, ""),
        ({"task": "a/b"}, "give a name"),
        ({"writer": "w\n"}, "give a name"),
        ({"trainer": ".hidden"}, "give a name"),
        ({"training": {"hidden": [30_000_000]}}, r"'training\.hidden'"),
        ({"training": {"hidden": [8] * 200}}, "at most 100 values"),
        ({"training": {"learning_rate": float("nan")}}, "finite"),
        ({"training": {"envs": 10**9}}, "give at most"),
        ({"race": {"rungs": [0.1] * 101}}, "at most 100 values"),
        ({"strategy_options": {"samples": 10**9}}, "give at most"),
        ({"strategy_options": {"x": float("inf")}}, "finite"),
        ({"llm": {"model": "m" * 5_000}}, "characters"),
        ({"llm": {"model": ["x"] * 10_000}}, r"'llm\.model' is \['x'"),
        ({"llm": None}, "give a mapping"),
        ({("a", "b"): 1}, "unknown config key"),
    ],
)
def test_absurd_values_are_refused(data: dict[str, object], message: str):
    if not message:
        assert from_mapping(StudyConfig, {"task": "t", **data})
        return
    with pytest.raises(UsageError, match=message):
        from_mapping(StudyConfig, {"task": "t", **data})


def test_plain_yaml_is_read_as_ever():
    text = (
        "task: t\ncandidates: 0x10\nstrategy_options: {a: 1, b: [1, {c: null}]}\ntraining:\n"
        "  hidden: [8, 8]\n"
    )
    assert parse_yaml(text, "it") == {
        "task": "t",
        "candidates": 16,
        "strategy_options": {"a": 1, "b": [1, {"c": None}]},
        "training": {"hidden": [8, 8]},
    }


def test_values_are_shortened():
    assert short("x") == "'x'"
    assert all(
        len(short(value)) <= 80
        for value in ("x" * 10**6, [[["x" * 99] * 99] * 99] * 99, dict.fromkeys(range(99), "y" * 90), 10**999)
    )
