"""One program run both ways: as the guard prints and TorchScript
compiles it, and its own text as plain Python."""

from __future__ import annotations
import __future__

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from rewardsmith.contracts import Signal
from rewardsmith.reward.guard.graph import check_graph
from rewardsmith.reward.guard.refusal import RefusedError
from rewardsmith.reward.guard.static import check_source
from rewardsmith.reward.guard.syntax import ENTRY
from rewardsmith.reward.prelude import TEXTS
from rewardsmith.reward.program import ProgramFailedError, RewardProgram

States = Mapping[str, Tensor]
Values = dict[str, Tensor]
"""The total under the name ``None`` would have: ``total``;
components under ``component:NAME``, in order."""


@dataclass(frozen=True)
class Outcome:
    """What became of one program."""

    refused: str = ""
    """The layer and message, where the guard or the states themselves refuse it."""
    python_stops: str = ""
    """What plain Python says where the compiled program gives values and Python an error."""
    difference: str = ""
    """What differs; empty where both ways agree."""


def compare(source: str, signals: tuple[Signal, ...], batches: tuple[States, ...]) -> Outcome:
    """Check a program as the guard does without its probe, and run it both ways."""
    try:
        printed = check_source(source, signals).program
        compiled = RewardProgram(printed)
        check_graph(compiled.function)
    except RefusedError as refusal:
        return Outcome(refused=f"{refusal.layer}: {refusal.message} {refusal.hint}")
    except ProgramFailedError as error:
        return Outcome(refused=f"compile: {error}")
    for states in batches:
        try:
            total, components = compiled(states)
        except ProgramFailedError as error:
            return Outcome(refused=f"probe: {error}")
        try:
            expected = run_as_python(source, states)
        except Exception as error:  # noqa: BLE001 - whatever Python says of a program is compared
            return Outcome(python_stops=f"{type(error).__name__}: {error}")
        difference = differing(_named(total, components), expected)
        if difference:
            return Outcome(difference=f"{difference}\n--- source\n{source}\n--- print\n{printed}")
    return Outcome()


def run_as_python(source: str, states: States) -> Values:
    """Only for programs that the guard accepted: this executes them.

    Raises:
        Exception: Whatever the program raises.
    """
    names: dict[str, object] = {
        "torch": torch, "math": math, "F": torch.nn.functional,
        "Tensor": Tensor, "Dict": dict, "Tuple": tuple, "np": math, "tolerance": tolerance,
    }  # fmt: skip
    for text in TEXTS.values():
        exec(compile(text, "<prelude>", "exec"), names)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        exec(compile(source, "<program>", "exec", flags=__future__.annotations.compiler_flag), names)
        entry = names[ENTRY]
        parameters = entry.__code__.co_varnames[: entry.__code__.co_argcount]  # type: ignore[attr-defined]
        total, components = entry(*(states[name].clone() for name in parameters if name in states))  # type: ignore[operator]
    return _named(total, {name: _logged(value, total) for name, value in components.items()})


def tolerance(
    x: Tensor,
    bounds: tuple[float, float] = (0.0, 0.0),
    margin: float = 0.0,
    sigmoid: str = "gaussian",
    value_at_margin: float = 0.1,
) -> Tensor:
    """The prelude's, whose formulas ``test_prelude`` checks one by one."""
    away = torch.clamp(bounds[0] - x, min=0.0) + torch.clamp(x - bounds[1], min=0.0)
    if margin == 0:
        return (away == 0).float()
    s, v = away / margin, value_at_margin
    return {
        "gaussian": lambda: torch.exp(math.log(v) * s**2),
        "long_tail": lambda: 1.0 / ((1.0 / v - 1.0) * s**2 + 1.0),
        "linear": lambda: torch.clamp(1.0 - (1.0 - v) * s, min=0.0),
        "tanh_squared": lambda: 1.0 - torch.tanh(math.atanh(math.sqrt(1.0 - v)) * s) ** 2,
    }[sigmoid]()


def _logged(value: Tensor | float, total: Tensor) -> Tensor:
    """A component as training logs it: a float of every state."""
    value = torch.as_tensor(value).float()
    return value.expand(total.shape) if value.dim() == 0 else value.reshape(total.shape)


def differing(found: Values, expected: Values) -> str:
    """What is not the same: names and their order, types, shapes, or values beyond rounding."""
    if list(found) != list(expected):
        return f"components {list(found)}, in Python {list(expected)}"
    for name, value in expected.items():
        if not isinstance(value, Tensor):
            return f"{name} is {type(value).__name__} in Python"
        mine = found[name]
        if mine.dtype != value.dtype or mine.shape != value.shape:
            return f"{name} is {mine.dtype} {tuple(mine.shape)}, in Python {value.dtype} {tuple(value.shape)}"
        if not torch.allclose(mine.double(), value.double(), rtol=1e-4, atol=1e-5, equal_nan=True):
            worst = (mine.double() - value.double()).abs().nan_to_num(nan=math.inf).argmax()
            return f"{name} is {mine.flatten()[worst]}, in Python {value.flatten()[worst]}"
    return ""


def _named(total: Tensor, components: Mapping[str, Tensor]) -> Values:
    return {"total": total, **{f"component {name}": value for name, value in components.items()}}
