"""A program as a file for people: Python that can be imported, with a word on its use.

It is made from what the guard printed and compared with nothing, so it may say more than that. What
anybody may have written must not do anything by being imported: a text that is more than plain
definitions, which the guard prints never, becomes a comment.
"""

from __future__ import annotations

import ast

from rewardsmith.shown import clean, command, one_line

_TYPES = ("Dict", "List", "Optional", "Tuple")
"""Of ``typing``, that a print may name."""
_PLAIN = (ast.Name, ast.Attribute, ast.Subscript, ast.Tuple, ast.Constant, ast.UnaryOp, ast.USub, ast.Load)
"""What an annotation or a default consists of; these are looked at when the file is imported."""
_SIGNATURE = 80


def standalone(program: str, task: str, name: str = "reward.py") -> str:
    """The text of a file with a program.

    Args:
        program: What the guard printed, or what a study says that it did.
        task: The task that it is for.
        name: Of the file.

    Returns:
        Comments, imports, and the program as it is.
    """
    if program and not program.endswith("\n"):
        program += "\n"
    tree = _parsed(program)
    if tree is None or not all(map(_only_defines, tree.body)):
        lines = [
            "This is no print of the guard's. It is shown as a comment.",
            "",
            *clean(program).splitlines(),
        ]
        return "".join(f"# {line}".rstrip() + "\n" for line in lines)
    return "\n".join([*_usage(tree, one_line(task), name), "", *_imports(tree), "", "", program])


def _imports(tree: ast.Module) -> list[str]:
    """Of what the program reads; `check` notes any other."""
    read = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    types = ", ".join(name for name in _TYPES if name in read)
    lines = {
        "import math": "math" in read,
        f"from typing import {types}": types,
        "": types or "math" in read,
        "import torch": "torch" in read,
        "from torch import Tensor": "Tensor" in read,
    }
    return [line for line, wanted in lines.items() if wanted]


def _usage(tree: ast.Module, task: str, name: str) -> list[str]:
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    entry = next((function for function in functions if function.name == "compute_reward"), None)
    parameters = ", ".join(argument.arg for argument in entry.args.args) if entry else ""
    call = f"compute_reward({parameters if len(parameters) <= _SIGNATURE else '...'})"
    return [
        f"# A reward program for {task}. Is it acceptable:  {command('check', name, task)}",
        f"# Train a policy on it:  {command('train', task, '--reward', name)}",
        f"# In Python:  total, components = {call}",
        "# Every signal is a tensor with a row for each environment; so are the total and each component.",
    ]


def _parsed(program: str) -> ast.Module | None:
    try:
        return ast.parse(program)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None


def _only_defines(node: ast.stmt) -> bool:
    """Whether a statement is a function whose definition looks up names, and does no more."""
    if not isinstance(node, ast.FunctionDef) or node.decorator_list:
        return False
    arguments = node.args
    every = (
        *arguments.posonlyargs,
        *arguments.args,
        *arguments.kwonlyargs,
        arguments.vararg,
        arguments.kwarg,
    )
    looked_at = [argument.annotation for argument in every if argument]
    looked_at += [node.returns, *arguments.defaults, *arguments.kw_defaults]
    return all(isinstance(part, _PLAIN) for found in looked_at if found for part in ast.walk(found))
