"""From a reply to the text of a program. The reply is read, never run."""

from __future__ import annotations

import ast
import json
import re
import textwrap
from dataclasses import dataclass

from rewardsmith.reward.guard import vocabulary
from rewardsmith.reward.guard.entry import ENTRY
from rewardsmith.reward.guard.lexical import MAX_LINE
from rewardsmith.reward.guard.refusal import RefusedError
from rewardsmith.reward.guard.syntax import parse

MAX_REPLY = 200_000
"""Longer replies are cut; no model writes so much."""
_DEFINITION = re.compile(rf"def _?{ENTRY}")
_FENCE = re.compile(r"^[ \t]*(`{3,8}|~{3,8})[^\n]*\n(.*?)(?:^[ \t]*\1[ \t]*$|\Z)", re.DOTALL | re.MULTILINE)
_THOUGHT_MARK = re.compile(r"<(/?)think(?:ing)?>", re.IGNORECASE)
_CONSTANT = (
    r"[A-Z_][A-Z0-9_]*\s*(?::\s*\w+\s*)?=[^=]|[A-Za-z_]\w*\s*(?::\s*\w+\s*)?=\s*-?[\d.][\w.+-]*\s*(?:#|$)"
)
_CODE_START = re.compile(rf"@torch|@jit|def \w+\(|import \w|from [\w.]+ import |#|{_CONSTANT}")
"""A line at the margin with which code may start that stands in no fence."""
_CODE_GOES_ON = re.compile(rf"\s|def |@|import |from |#|\)|{_CONSTANT}")
_CEREMONY = re.compile(
    r"^[ \t]*(?:import [^\n]+|from [\w.]+ import (?:\([^()]*\)|[^\n(]+)|@(?:torch\.)?jit\.script(?:\(\))?[ "
    r"\t]*(?:\#[^\n]*)?)$",
    re.MULTILINE,
)
_NAMED_ANYWAY = {"Tensor", "nn", "functional", "jit"}
_MODULES = vocabulary.IMPORTS | {"torch.jit"}


@dataclass(frozen=True)
class Extract:
    """The two halves of a reply."""

    source: str
    """The program, empty where the reply has none."""
    idea: str
    """The prose around it."""


def extract(reply: str) -> Extract:
    """Find the reward program in a model's reply.

    The last fenced block that defines ``compute_reward`` is taken, cut off or not; without one, the
    last lines that look like code and define it, with their helpers and constants. Code inside a
    JSON object is unwrapped. Imports of torch, math and typing and ``torch.jit.script`` decorators
    are dropped, since they mean nothing here.
    """
    said = without_thoughts(reply)
    text = _plain_ends((said if ENTRY in said else reply)[:MAX_REPLY])
    fences = list(_FENCE.finditer(text))
    telling = [match for match in fences if _DEFINITION.search(match.group(2))] or (
        [] if _DEFINITION.search(text) else fences
    )
    if telling:
        block = telling[-1]
        idea = (text[: block.start()] + text[block.end() :]).strip()
        inside = _from_json(block.group(2))
        if inside:
            return Extract(inside.source, f"{idea}\n\n{inside.idea}".strip())
        return Extract(_program(_helpers(block, fences) + textwrap.dedent(block.group(2))), idea)
    unwrapped = _from_json(text)
    if unwrapped:
        return unwrapped
    return _unfenced(text)


def from_file(text: str) -> str:
    """The program in a Python file: all of it, each line with its number."""
    return strip_ceremony(_plain_ends(text.removeprefix("\ufeff")))


def _plain_ends(text: str) -> str:
    r"""The text with ``\n`` at the end of each line."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def strip_ceremony(source: str) -> str:
    """Blank out harmless imports and ``torch.jit.script`` decorators.

    Line numbers stay as they are.
    """
    code = _CEREMONY.sub(
        lambda match: "\n" * match.group().count("\n") if _is_harmless(match.group()) else match.group(),
        source,
    )
    return code.rstrip() + "\n"


def without_thoughts(reply: str) -> str:
    """Drop the thinking blocks of reasoning models.

    Also those whose start or end the server swallowed.
    """
    kept: list[str] = []
    start, thinking = 0, False
    # one pass: models caught in a loop send hundreds of thousands of marks
    for mark in _THOUGHT_MARK.finditer(reply):
        if mark[1]:
            if not thinking:
                kept.clear()  # it began before the reply did
            start, thinking = mark.end(), False
        elif not thinking:
            kept.append(reply[start : mark.start()])
            thinking = True
    return "".join(kept) if thinking else "".join((*kept, reply[start:]))


def _program(block: str) -> str:
    return strip_ceremony(textwrap.dedent(block))


def _helpers(block: re.Match[str], fences: list[re.Match[str]]) -> str:
    """Other blocks that define a function which this one calls and does not define."""
    code = block.group(2)
    found = ""
    for other in fences:
        names = re.findall(r"^def (\w+)\(", other.group(2), re.MULTILINE)
        if other is not block and any(
            f"{name}(" in code and f"def {name}(" not in code + found for name in names if name != ENTRY
        ):
            found += other.group(2)
    return found


def _from_json(text: str) -> Extract | None:
    """Program and idea in a JSON object, if the text is one.

    Such as ``{"thought": "...", "code": "def compute_reward..."}``.
    """
    if not text.lstrip().startswith("{"):
        return None
    try:
        data = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None
    values = [value for value in data.values() if isinstance(value, str)] if isinstance(data, dict) else []
    code = next((value for value in values if _DEFINITION.search(value)), "")
    if not code:
        return None
    inner = extract(code) if "```" in code else Extract(_program(f"{code}\n"), "")
    ideas = [value.strip() for value in values if value is not code] + [inner.idea]
    return Extract(inner.source, "\n\n".join(idea for idea in ideas if idea))


def _unfenced(text: str) -> Extract:
    """Code ends where a line at the margin is neither code nor a comment."""
    lines = text.split("\n")
    stretches: list[tuple[int, int]] = []
    start: int | None = None
    for number, line in enumerate(lines):
        if start is None:
            start = number if _CODE_START.match(line) else None
        elif line and not _CODE_GOES_ON.match(line):
            stretches.append((start, number))
            start = None
    if start is not None:
        stretches.append((start, len(lines)))
    programs = [(first, code) for first, end in stretches if "def " in (code := "\n".join(lines[first:end]))]
    if not programs:
        return Extract("", text.strip())
    first, code = next((found for found in reversed(programs) if _DEFINITION.search(found[1])), programs[0])
    return Extract(strip_ceremony(code), "\n".join(lines[:first]).strip())


def _is_harmless(line: str) -> bool:
    text = line.strip()
    if text.startswith("@"):
        return True
    if len(text) > MAX_LINE:
        return False
    try:
        (node,) = parse(text).body
    except (RefusedError, ValueError):
        return False
    if isinstance(node, ast.Import):
        return all(alias.name in _MODULES and alias.asname in (None, "F") for alias in node.names)
    if not isinstance(node, ast.ImportFrom) or node.module not in _MODULES:
        return False
    return node.module in ("typing", "__future__") or all(map(_keeps_meaning, node.names))


def _keeps_meaning(alias: ast.alias) -> bool:
    """Whether an imported name means nothing here, or what it means anyway.

    Functions by their name (``from torch import norm``) are left for the guard to read.
    """
    usual = alias.asname in (None, alias.name) or (alias.name, alias.asname) == ("functional", "F")
    return usual and alias.name in _NAMED_ANYWAY
