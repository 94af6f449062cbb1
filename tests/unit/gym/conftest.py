"""Programs for the point, and what reads its signals."""

from __future__ import annotations

from pathlib import Path

import pytest

from rewardsmith.contracts import Task, readable
from rewardsmith.reward.guard.static import check_source
from rewardsmith.reward.program import RewardProgram

PROGRESS = '''
def compute_reward(tool_pos, previous_tool_pos, initial_tool_pos, goal_pos):
    """Pays for the way that was made."""
    gain = torch.abs(previous_tool_pos - goal_pos)[:, 0] - torch.abs(tool_pos - goal_pos)[:, 0]
    way = (tool_pos - initial_tool_pos)[:, 0]
    return gain + 10.0 * way, {"gain": gain, "way": way}
'''
HOSTILE = """
import os
os.system("touch {trace}")
def compute_reward(tool_pos):
    __import__("os").system("touch {trace}")
    near = tool_pos[:, 0]
    return near, {{"near": near}}
"""


def compiled(source: str, task: Task) -> RewardProgram:
    """A program as the guard prints it."""
    return RewardProgram(check_source(source, readable(task.signals)).program)


@pytest.fixture
def hostile(tmp_path: Path) -> tuple[Path, Path]:
    """A file that leaves a trace when any of it runs, and the trace."""
    trace = tmp_path / "trace"
    (tmp_path / "hostile.py").write_text(HOSTILE.format(trace=trace), encoding="utf-8")
    return tmp_path / "hostile.py", trace
