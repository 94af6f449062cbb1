"""The task of ``docs/write-a-task.md``, taken from the page."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType

from rewardsmith.contracts import Task

PAGE = Path(__file__).parent.parent / "docs" / "write-a-task.md"
NAME = "franka-button"


def source() -> str:
    """The one Python block of the page."""
    (code,) = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return code


def task() -> Task:
    """Run the block as a module of its own."""
    module = ModuleType("my_tasks")
    sys.modules["my_tasks"] = module
    exec(source(), module.__dict__)
    return module.__dict__["TASK"]
