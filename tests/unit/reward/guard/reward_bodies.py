"""Programs for franka-reach around some statements or one expression."""

from __future__ import annotations


def body(*statements: str) -> str:
    """A program with a distance ``d``, the statements, and ``r`` as its total."""
    lines = ["d = torch.norm(tcp_pos - goal_pos, dim=-1)", "r = -d", *statements, 'return r, {"r": r}']
    return "def compute_reward(tcp_pos, goal_pos):\n" + "\n".join(f"    {line}" for line in lines) + "\n"


def result(expression: str, components: str = '{"d": -d}') -> str:
    """A program that returns one expression of ``d`` and the two positions."""
    head = "def compute_reward(tcp_pos, goal_pos):\n    d = torch.norm(tcp_pos - goal_pos, dim=-1)\n"
    return f"{head}    return {expression}, {components}\n"


GOOD = body()
MARK = "open('canary.txt', 'w')"
