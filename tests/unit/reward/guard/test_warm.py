"""One child for many checks, and a new one when a program breaks it."""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rewardsmith.contracts import Task
from rewardsmith.errors import RewardsmithError
from rewardsmith.reward.guard.static import check_source
from rewardsmith.reward.guard.warm import WarmChild
from rewardsmith.training.ppo import PpoSettings
from tests.training import preset_of

HEAD = "def compute_reward(tcp_pos: Tensor) -> Tuple[Tensor, Dict[str, Tensor]]:\n"
TAIL = "    return r, {'r': r}\n"
DOUBLING = "def f0(x: Tensor) -> Tensor:\n    return x + 1.0\n" + "".join(
    f"def f{n}(x: Tensor) -> Tensor:\n    return f{n - 1}(x) + f{n - 1}(x)\n" for n in range(1, 40)
)
BREAKING = {
    "parser_stack": f"{HEAD}    r = {'-' * 50_000}tcp_pos[:, 0]\n{TAIL}",
    "endless_inlining": f"{DOUBLING}{HEAD}    r = f39(tcp_pos[:, 0])\n{TAIL}",
}
"""Printed programs that no static layer would let pass: they break the child itself."""


@pytest.fixture(scope="module")
def child(reach: Task, cache: Path) -> Iterator[WarmChild]:
    child = WarmChild(reach, PpoSettings())
    yield child
    child.close()


@pytest.mark.parametrize("name", BREAKING)
def test_a_broken_child_is_replaced(name: str, child: WarmChild, reach: Task) -> None:
    child.ready()
    started = time.monotonic()
    verdict = child.check(BREAKING[name])
    assert time.monotonic() - started < 5.0
    assert not verdict.accepted
    assert "too much time or memory" in verdict.message
    assert child.check(check_source(reach.human_reward, reach.signals).program).accepted


def test_a_child_that_was_killed_from_outside(child: WarmChild, reach: Task) -> None:
    program = check_source(reach.human_reward, reach.signals).program
    child.ready()
    process = child._process._process
    assert process is not None
    os.kill(process.pid, 9)
    process.wait()
    assert not child.check(program).accepted
    assert child.check(program).accepted


def test_many_checks_leave_nothing_behind(child: WarmChild, reach: Task) -> None:
    """Memory grows by less than the limit allows for as many checks as one child does."""
    program = check_source(reach.human_reward, reach.signals).program
    child.check(program)
    before = _memory_kib(child)
    for number in range(40):
        assert child.check(program.replace("0.02", f"0.0{number + 10}")).accepted
    assert _memory_kib(child) - before < 40 * 400


def _memory_kib(child: WarmChild) -> int:
    process = child._process._process
    assert process is not None
    lines = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmSize"))


def test_a_machine_where_it_cannot_start(
    reach: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No program is to blame then: the error goes to the person, not to the writer."""
    (tmp_path / "torch.py").write_text("raise ImportError('no torch on this machine')\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    child = WarmChild(reach, PpoSettings())
    with pytest.raises(RewardsmithError, match="does not start"):
        child.check("")
    with pytest.raises(RewardsmithError, match="does not start"):
        child.check("")
    child.close()


def test_what_is_accepted_is_what_was_printed_whatever_the_child_says(
    reach: Task, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = check_source(reach.human_reward, reach.signals).program
    child = WarmChild(reach, PpoSettings())
    child.ready()
    monkeypatch.setattr(
        child._process, "receive", lambda timeout_s: '{"accepted": true, "program": "another"}'
    )
    assert child.check(program).program == program
    child.close()


def test_a_program_that_takes_too_much_at_the_size_of_the_training(reach: Task, cache: Path) -> None:
    large = "    x = torch.ones([tcp_pos.size(0), 64, 64])\n    y = torch.exp(x) + x\n"
    program = f"{HEAD}{large}    r = tcp_pos[:, 0] + 0.0 * (x + y)[:, 0, 0]\n{TAIL}"
    for envs, accepted in ((16, True), (2048, False)):
        child = WarmChild(reach, dataclasses.replace(preset_of(reach), envs=envs))
        child.ready()
        assert child.check(program).accepted == accepted
        child.close()
