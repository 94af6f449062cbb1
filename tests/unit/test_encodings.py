"""Files are UTF-8 whatever the locale is: nothing opens text without saying so."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("rewardsmith", "envs", "search", "benchmarks")
OPENING = ("open", "fdopen", "NamedTemporaryFile", "TemporaryFile", "SpooledTemporaryFile")
STARTING = ("run", "Popen", "check_output")
NO_FILES = ("os", "Study", "Comparison", "cls")
"""Whose ``open`` opens something else than text."""


def unspecified(tree: ast.AST) -> Iterator[int]:
    """Lines of calls that read or write text as the locale has it."""
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and not any(word.arg in ("encoding", None) for word in call.keywords):
            function = call.func
            owner = function.value if isinstance(function, ast.Attribute) else None
            name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            words = {word.arg: word.value for word in call.keywords}
            if name in OPENING and not (
                isinstance(owner, ast.Name) and owner.id in NO_FILES and name == "open"
            ):
                first = 0 if (owner is not None and name == "open") or name.endswith("TemporaryFile") else 1
                mode = words.get("mode") or (call.args[first] if len(call.args) > first else None)
                default = "w+b" if name.endswith("TemporaryFile") else "r"
                given = mode.value if isinstance(mode, ast.Constant) else default
                if "b" not in str(given):
                    yield call.lineno
            elif (name in ("read_text", "write_text") and owner is not None) or (
                name in STARTING and ({"text", "universal_newlines"} & words.keys())
            ):
                yield call.lineno


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_text_has_an_encoding(folder: str):
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        for line in unspecified(ast.parse(path.read_bytes()))
    ]
    assert not found, "give encoding='utf-8'"


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("path.read_text()", 1),
        ("path.write_text(text)", 1),
        ("path.read_text(encoding='utf-8')", 0),
        ("path.read_bytes()", 0),
        ("open(name)", 1),
        ("open(name, 'rb')", 0),
        ("open(name, mode='w')", 1),
        ("open(name, 'w', encoding='utf-8')", 0),
        ("path.open()", 1),
        ("path.open('wb')", 0),
        ("os.open(name, flags)", 0),
        ("os.fdopen(number, 'w')", 1),
        ("os.fdopen(number, 'rb')", 0),
        ("Study.open(folder)", 0),
        ("NamedTemporaryFile()", 0),
        ("NamedTemporaryFile('w')", 1),
        ("subprocess.run(command, text=True)", 1),
        ("subprocess.run(command)", 0),
    ],
)
def test_what_is_looked_for(source: str, lines: int):
    assert len(list(unspecified(ast.parse(source)))) == lines
