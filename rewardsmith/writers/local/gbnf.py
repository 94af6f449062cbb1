"""Grammars that hold a small model to the form of an answer, in llama.cpp's notation (GBNF)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from rewardsmith.contracts import ALIGN, VERIFY, Signal
from rewardsmith.errors import WriterError

_TERMS = (2, 3, 4, 5, 6)
_NUMBERS = r"""
weight ::= "-"? ("0.0" [1-9] | "0." [1-9] | [1-9] ".0")
factor ::= "0." [1-9] | [1-9] ".0" | [1-9] "0.0"
sentence ::= [a-zA-Z] [a-zA-Z ,]{30,160} "."
"""


def grammar(operator: str, signals: Sequence[Signal]) -> str:
    """The grammar of the answer to an operator.

    Every sentence of a program's grammar is a program that compiles, over the task's own signals
    and of bounded length, so that a reply can neither fail to parse nor be cut off.

    Raises:
        WriterError: The signals allow no term.
    """
    if operator == ALIGN:
        return 'root ::= sentence (" " sentence){0,2}' + _NUMBERS
    if operator == VERIFY:
        return 'root ::= sentence " " sentence " [" "-"? ("0." [0-9] [0-9]? | "1.0") "]"' + _NUMBERS
    amounts = _amounts(signals)
    if not amounts:
        raise WriterError(
            "no reward term can be made of these signals by the local writer. Use --writer openai."
        )
    names = ", ".join(signal.name for signal in signals)
    rules = [
        (
            f'root ::= sentence "\\n\\n```python\\ndef compute_reward({names}):\\n" '
            f'({" | ".join(f"body{n}" for n in _TERMS)}) "```\\n"'
        ),
        *(_body(n) for n in _TERMS),
        *(
            f'line{n} ::= "    term_{n} = " weight " * " shape (" * " shape)? "\\n"'
            for n in range(1, max(_TERMS) + 1)
        ),
        'shape ::= "torch.exp(-" scaled ")" | "(1.0 - torch.tanh(" scaled "))" | "torch.tanh(" scaled ")"',
        'scaled ::= factor " * " amount',
        "amount ::= " + " | ".join(f'"{amount}"' for amount in amounts),
    ]
    return "\n".join(rules) + _NUMBERS


def _body(count: int) -> str:
    names = [f"term_{n}" for n in range(1, count + 1)]
    entries = ", ".join(f'\\"{name}\\": {name}' for name in names)
    lines = " ".join(f"line{n}" for n in range(1, count + 1))
    return f'body{count} ::= {lines} "    total = {" + ".join(names)}\\n    return total, {{{entries}}}\\n"'


def _amounts(signals: Sequence[Signal]) -> list[str]:
    """Every number of at least zero that signals of like shape and unit give.

    None that is constant.
    """
    vectors = [s for s in signals if len(s.shape) == 1 and s.unit != "quat"]
    points = [s for s in vectors if s.shape == (3,) and s.unit == "m"]
    alike = [(a, b) for a, b in combinations(vectors, 2) if (a.shape, a.unit) == (b.shape, b.unit)]
    return [
        *(f"torch.norm({a.name} - {b.name}, dim=-1)" for a, b in alike),
        *(f"torch.abs({a.name}[:, 2] - {b.name}[:, 2])" for a, b in combinations(points, 2)),
        *(f"torch.norm({s.name}, dim=-1)" for s in vectors if s not in points),
        *(f"torch.abs({s.name})" for s in signals if s.shape == ()),
    ]
