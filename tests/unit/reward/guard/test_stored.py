"""A program that comes from a store is worth what its source is worth, and no more."""

from __future__ import annotations

from pathlib import Path

import pytest

from rewardsmith.contracts import Task
from rewardsmith.reward.guard import Guard
from rewardsmith.reward.guard.accepted import Accepted, key_of
from rewardsmith.reward.guard.refusal import RefusedError
from rewardsmith.reward.guard.static import check_source
from rewardsmith.reward.guard.stored import check_stored
from rewardsmith.training.ppo import PpoSettings

SOURCE = "def compute_reward(tcp_pos):\n    # up\n    r = tcp_pos[:, 2]\n    return r, {'r': r}\n"
PRINT = check_source(SOURCE, None).program
HOSTILE = (
    "def compute_reward(tcp_pos: Tensor):\n    torch.save(tcp_pos, 'file')\n"
    "    return tcp_pos[:, 2], {'r': tcp_pos[:, 2]}\n"
)


@pytest.mark.parametrize("program", [PRINT, SOURCE, PRINT.replace("    r =", "    # a comment\n    r =")])
def test_what_is_run_is_the_print_of_today(program: str) -> None:
    assert check_stored(SOURCE, program) == PRINT


@pytest.mark.parametrize(
    ("source", "program"),
    [
        pytest.param(SOURCE, HOSTILE, id="another program"),
        pytest.param(SOURCE, PRINT.replace("2]", "1]"), id="another column"),
        pytest.param(SOURCE, "", id="none"),
        pytest.param("", PRINT, id="no source"),
        pytest.param(HOSTILE, HOSTILE, id="a hostile source"),
        pytest.param(SOURCE, "(" * 100_000, id="no program at all"),
    ],
)
def test_anything_else_is_refused(source: str, program: str) -> None:
    with pytest.raises(RefusedError):
        check_stored(source, program)


def test_a_signal_that_the_task_has_not_is_refused(reach: Task) -> None:
    source = SOURCE.replace("tcp_pos", "moon_pos")
    check_stored(source, check_source(source, None).program)
    with pytest.raises(RefusedError, match="not a signal of this task"):
        check_stored(source, check_source(source, None).program, reach.signals)


def test_the_guard_tries_a_stored_program_unless_it_did_so_before(
    reach: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the store claims does not count, what this machine remembers does."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    constant = "def compute_reward(tcp_pos):\n    r = tcp_pos[:, 2] * 0.0\n    return r, {'r': r}\n"
    guard = Guard(PpoSettings())
    try:
        with pytest.raises(RefusedError, match="the same for all states"):
            guard.admit(constant, check_source(constant, reach.signals).program, reach)
        assert guard.admit(SOURCE, PRINT, reach) == PRINT
    finally:
        guard.close()
    unstarted = Guard(PpoSettings())
    assert unstarted.admit(SOURCE, PRINT, reach) == PRINT
    assert not unstarted._children


def test_a_memory_that_is_damaged_or_cannot_be_written_is_none(tmp_path: Path) -> None:
    file = tmp_path / "accepted"
    key = key_of(PRINT, "franka-reach", (), 64)
    memory = Accepted(file)
    assert key not in memory
    memory.add(key)
    assert key in Accepted(file)
    file.write_bytes(b"\xff\xfe")
    assert key not in Accepted(file)
    blocked = Accepted(file / "below a file")
    blocked.add(key)
    assert key in blocked
