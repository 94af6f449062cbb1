"""From a reply to the text of a program. The reply is read, never run."""

from __future__ import annotations

import ast
import json
import re
import textwrap
from dataclasses import dataclass

from rewardsmith.reward.guard.refusal import RefusedError
from rewardsmith.reward.guard.syntax import ENTRY, parse

MAX_REPLY = 200_000
"""Longer replies are cut; no model writes so much."""
_FENCE = re.compile(r"^[ \t]*(`{3,8}|~{3,8})[^\n]*\n(.*?)(?:^[ \t]*\1[ \t]*$|\Z)", re.DOTALL | re.MULTILINE)
_THOUGHT_TAG = re.compile(r"<(/?)think(?:ing)?>", re.IGNORECASE)
_CODE_START = re.compile(r"^(?:@torch|@jit|def \w+\(|import \w|from [\w.]+ import )", re.MULTILINE)
_CEREMONY = re.compile(
    r"^[ \t]*(?:import [^\n]+|from [\w.]+ import (?:\([^()]*\)|[^\n(]+)|@(?:torch\.)?jit\.script(?:\(\))?[ \t]*(?:\#[^\n]*)?)$",
    re.MULTILINE,
)
_MAX_LINE = 400
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

    The last fenced block that defines ``compute_reward`` is taken, cut off or not; without one, the text from
    the first ``def``, import or decorator on, up to where it stops being code. Code inside a JSON object is unwrapped. Imports
    of torch, math and typing and ``torch.jit.script`` decorators are dropped, since they mean nothing here.
    """
    text = reply[:MAX_REPLY].replace("\r\n", "\n").replace("\r", "\n")
    text = _without_thoughts(text)
    fences = list(_FENCE.finditer(text))
    telling = [match for match in fences if ENTRY in match.group(2)] or fences
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
    start = _CODE_START.search(text)
    if not start or "def " not in text:
        return Extract("", text.strip())
    return Extract(strip_ceremony(_until_prose(text[start.start() :])), text[: start.start()].strip())


def strip_ceremony(source: str) -> str:
    """Blank out harmless imports and ``torch.jit.script`` decorators; line numbers stay as they are."""
    code = _CEREMONY.sub(lambda match: "\n" * match.group().count("\n") if _is_harmless(match.group()) else match.group(), source)
    return code.rstrip() + "\n"


def _without_thoughts(text: str) -> str:
    """Drop what a reasoning model thought aloud, unless nothing else holds a program.

    The opening tag may be missing: some servers put it into the prompt.
    """
    said, start, thinking = "", 0, False
    for tag in _THOUGHT_TAG.finditer(text):
        if tag.group(1):
            said, start, thinking = said if thinking else "", tag.end(), False
        elif not thinking:
            said, thinking = said + text[start : tag.start()], True
    said += "" if thinking else text[start:]
    return said if ENTRY in said else text


def _program(block: str) -> str:
    return strip_ceremony(textwrap.dedent(block))


def _helpers(block: re.Match[str], fences: list[re.Match[str]]) -> str:
    """Other blocks that define a function which this one calls and does not define."""
    code = block.group(2)
    found = ""
    for other in fences:
        names = re.findall(r"^def (\w+)\(", other.group(2), re.MULTILINE)
        if other is not block and any(f"{name}(" in code and f"def {name}(" not in code + found for name in names if name != ENTRY):
            found += other.group(2)
    return found


def _from_json(text: str) -> Extract | None:
    """Program and idea in a JSON object, such as ``{"thought": "...", "code": "def compute_reward..."}``, if the text is one."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        data = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None
    values = [value for value in data.values() if isinstance(value, str)] if isinstance(data, dict) else []
    code = next((value for value in values if f"def {ENTRY}" in value), "")
    if not code:
        return None
    inner = extract(code) if "```" in code else Extract(_program(f"{code}\n"), "")
    ideas = [value.strip() for value in values if value is not code] + [inner.idea]
    return Extract(inner.source, "\n\n".join(idea for idea in ideas if idea))


def _until_prose(code: str) -> str:
    """Unfenced code ends where a line at the margin is neither code nor a comment."""
    lines = code.split("\n")
    end = next((number for number, line in enumerate(lines) if line and not re.match(r"\s|def |@|import |from |#|\)", line)), len(lines))
    return "\n".join(lines[:end])


def _is_harmless(line: str) -> bool:
    text = line.strip()
    if text.startswith("@"):
        return True
    if len(text) > _MAX_LINE:
        return False
    try:
        (node,) = parse(text).body
    except (RefusedError, ValueError):
        return False
    if isinstance(node, ast.Import):
        return all(alias.name in _MODULES and alias.asname in (None, "F") for alias in node.names)
    return isinstance(node, ast.ImportFrom) and node.module in _MODULES
