"""From a reply to the text of a program. The reply is read, never run."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from rewardsmith.reward.guard.syntax import ENTRY

_FENCE = re.compile(r"^[ \t]*(```+|~~~+)[ \t]*([\w+-]*)[^\n]*\n(.*?)^[ \t]*\1[ \t]*$", re.DOTALL | re.MULTILINE)
_THOUGHT = re.compile(r"<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL | re.IGNORECASE)
_MODULES = {"torch", "math", "typing", "torch.nn", "torch.nn.functional", "torch.jit", "__future__"}


@dataclass(frozen=True)
class Extract:
    """The two halves of a reply."""

    source: str
    """The program, empty where the reply has none."""
    idea: str
    """The prose around it."""


def extract(reply: str) -> Extract:
    """Find the reward program in a model's reply.

    The last fenced block that defines ``compute_reward`` is taken; without one, the text from
    the first ``def`` or decorator on. Imports of torch, math and typing and
    ``torch.jit.script`` decorators are dropped, since they mean nothing here.
    """
    text = _THOUGHT.sub("", reply.replace("\r\n", "\n").replace("\r", "\n"))
    fences = [m for m in _FENCE.finditer(text) if f"def {ENTRY}" in m.group(3)] or list(_FENCE.finditer(text))
    if fences:
        block = fences[-1]
        idea = (text[: block.start()] + text[block.end() :]).strip()
        return Extract(strip_ceremony(block.group(3)), idea)
    start = re.search(r"^(?:@|def |import |from )", text, re.MULTILINE)
    if not start or "def " not in text:
        return Extract("", text.strip())
    code = text[start.start() :].split("\n```", 1)[0]
    return Extract(strip_ceremony(code), text[: start.start()].replace("```python", "").replace("```", "").strip())


def strip_ceremony(source: str) -> str:
    """Blank out harmless imports and ``torch.jit.script`` decorators; line numbers stay as they are.

    Text that is not Python, or too odd to be parsed safely, comes back unchanged for the guard to refuse.
    """
    if len(source) > 100_000:
        return source
    lines = source.split("\n")
    for number, line in enumerate(lines):
        bare = line.strip()
        if bare in ("@torch.jit.script", "@jit.script", "@torch.jit.script()") or _is_harmless_import(line):
            lines[number] = ""
    return "\n".join(lines).rstrip() + "\n"


def _is_harmless_import(line: str) -> bool:
    if not line.startswith(("import ", "from ")) or len(line) > 200:
        return False
    try:
        (node,) = ast.parse(line).body
    except (SyntaxError, ValueError):
        return False
    if isinstance(node, ast.Import):
        return all(alias.name in _MODULES and alias.asname in (None, "F") for alias in node.names)
    return isinstance(node, ast.ImportFrom) and node.module in _MODULES
