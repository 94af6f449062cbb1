"""Layer 6: run the program on states and look at what it does. Child process only."""

from __future__ import annotations

import re

import torch
from torch import Tensor

from rewardsmith.reward.guard.refusal import RefusedError
from rewardsmith.reward.guard.states import FEW, Batch, States
from rewardsmith.reward.program import ProgramFailedError, RewardProgram

MAX_REWARD = 1e6
MAX_COMPONENTS = 24
_PARTS = 3
"""The independence check computes the states in so many groups: one of them at most holds an extreme of all."""

Values = dict[str, Tensor]
"""The total and the components by what messages call them."""


def probe(program: RewardProgram, states: States) -> None:
    """Refuse a program that misbehaves on ordinary, real, wide, empty or many states.

    Args:
        program: Compiled and checked by the layers before.
        states: What to try it on.

    Raises:
        RefusedError: Naming the total or the component, and what is wrong with it.
    """
    ordinary = _try(program, states.ordinary, "ordinary states")
    _check_magnitude(ordinary, "ordinary states")
    _check_independence(program, states.ordinary, ordinary)
    tried = [ordinary]
    if states.recorded:
        tried.append(_try(program, states.recorded, "states of a real episode"))
        _check_magnitude(tried[-1], "states of a real episode")
    tried.append(_try(program, states.wide, "states far outside the ordinary range"))
    tried.append(_try(program, states.zero, "states that are all zero"))
    tried.append(_try(program, states.many, f"{len(next(iter(states.many.values())))} states at once"))
    _compare({name: value[:FEW] for name, value in tried[-1].items()}, ordinary)
    totals = torch.cat([values["the total"] for values in tried])
    if float(totals.max() - totals.min()) < 1e-9:
        raise RefusedError("probe", "the total is the same for all states.", "Make it depend on the signals.")


def _try(program: RewardProgram, batch: Batch, where: str) -> Values:
    """Run twice on copies; check shape, type, finiteness, side effects and repeatability."""
    given = [batch[name].clone() for name in program.parameters]
    generator = torch.get_rng_state()
    values = _run(program, given)
    if len(values) == 1:
        raise RefusedError("probe", "there are no components.", 'Return total, {"name": component, ...}.')
    if len(values) > MAX_COMPONENTS + 1:
        raise RefusedError("probe", f"there are {len(values) - 1} components, {MAX_COMPONENTS} are allowed.", "Merge some.")
    count = len(next(iter(batch.values())))
    for name, value in values.items():
        _check_tensor(name, value, count, where)
    again = _run(program, given)
    if any(not torch.equal(tensor, batch[name]) for name, tensor in zip(program.parameters, given, strict=True)):
        raise RefusedError("probe", "the program changes its inputs.", "Compute new tensors instead.")
    if not torch.equal(torch.get_rng_state(), generator):
        raise RefusedError("probe", "the program draws or seeds random numbers.", "Leave out everything random.")
    if any(not torch.equal(again[name], value) for name, value in values.items()):
        raise RefusedError("probe", "the same states give different rewards.", "Leave out everything random.")
    return values


def _check_tensor(name: str, value: Tensor, count: int, where: str) -> None:
    if tuple(value.shape) != (count,):
        expected = f"(num_envs,) = ({count},)"
        raise RefusedError(
            "probe", f"{name} has shape {tuple(value.shape)}, not {expected}.", "Reduce vectors with dim=-1; index columns with [:, i]."
        )
    if value.dtype != torch.float32:
        raise RefusedError(
            "probe", f"{name} is {str(value.dtype).removeprefix('torch.')}, not float32.", "Convert conditions with .float()."
        )
    if not bool(value.isfinite().all()):
        kind = "NaN" if bool(value.isnan().any()) else "infinite"
        raise RefusedError(
            "probe", f"{name} is {kind} on {where}.", "Guard divisions and roots with + 1e-6; clamp before exp, log and acos."
        )


def _check_magnitude(values: Values, where: str) -> None:
    for name, value in values.items():
        most = float(value.abs().max())
        if most > MAX_REWARD:
            raise RefusedError("probe", f"{name} reaches {most:.3g} on {where}.", "Keep it within 1e6; bound terms with tanh or exp.")


def _check_independence(program: RewardProgram, batch: Batch, whole: Values) -> None:
    """An environment's reward must not depend on the others: no batch means, no fixed rows."""
    for part in range(_PARTS):
        rows = torch.arange(FEW).flip(0)[part::_PARTS]
        few = _run(program, [batch[name][rows] for name in program.parameters])
        _compare(few, {name: value[rows] for name, value in whole.items()})


def _compare(values: Values, expected: Values) -> None:
    if values.keys() != expected.keys():
        raise RefusedError("probe", "the components change with the number of environments.", "Return the same ones always.")
    for name, value in expected.items():
        tolerance = 1e-5 * max(1.0, float(value.abs().max()))
        if values[name].shape != value.shape or not torch.allclose(values[name], value, rtol=1e-4, atol=tolerance):
            message = f"an environment's reward depends on its neighbours ({name})."
            raise RefusedError("probe", message, "Give every reduction a dim=-1; take no mean over environments.")


def _run(program: RewardProgram, arguments: list[Tensor]) -> Values:
    try:
        total, components = program.run_on(arguments)
    except ProgramFailedError as error:  # wrong shapes, indices out of range, memory
        hint = "Signals have the shape (num_envs, ...) of the table."
        raise RefusedError("probe", f"it fails when run: {last_line(error)}.", hint, failing_line(error)) from None
    return {"the total": total, **{f"component {name!r}": value for name, value in components.items()}}


def last_line(error: Exception) -> str:
    """The line of a TorchScript error that says what is wrong."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    telling = [line for line in lines if re.match(r"(Runtime|Index|Value|Type)Error: ", line)] or lines[-1:]
    return telling[-1].split("Error: ", 1)[-1].rstrip(".")[:300] if telling else type(error).__name__


def failing_line(error: Exception) -> int | None:
    """The line of the program that a TorchScript error points at, in the innermost function."""
    numbers = re.findall(r'File "<string>", line (\d+)', str(error))
    return int(numbers[-1]) if numbers else None
