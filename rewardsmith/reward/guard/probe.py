"""Layer 6: run the program on states and look at what it does. Child process only."""

from __future__ import annotations

import re

import torch
from torch import Tensor

from rewardsmith.reward.guard.independence import Independence, Values
from rewardsmith.reward.guard.refusal import RefusedError
from rewardsmith.reward.guard.states import Batch, States, size_of
from rewardsmith.reward.guard.unguarded import advice
from rewardsmith.reward.program import ProgramFailedError, RewardProgram

MAX_REWARD = 1e6
MAX_COMPONENTS = 24


def probe(program: RewardProgram, states: States) -> str:
    """Refuse a program that misbehaves on ordinary, real, wide, all-zero or many states.

    A state that is zero to the last digit hardly ever comes: 0 / 0 there is worth a note only. What
    grows without bounds towards it, such as 1 / d, is refused.

    Args:
        program: Compiled and checked by the layers before.
        states: What to try it on.

    Returns:
        What its author should know though it is accepted; mostly empty.

    Raises:
        RefusedError: Naming the total or the component, and what is wrong with it.
    """
    _try(program, states.ordinary)
    values = _try(program, states.many)
    total = values["the total"]
    notes: list[str] = []
    for kind in states.kinds:
        rows = total[kind.rows]
        no_number = _no_number(program, rows, kind.name)
        if no_number and (kind.finite or bool(rows.isinf().any())):
            raise no_number
        if no_number:
            notes.append(f"{no_number.message.rstrip('.')}, and a training fails where one comes up")
    for kind in states.kinds:
        if kind.bounded:
            _check_magnitude(total[kind.rows], kind.name)
    arguments = [states.many[name] for name in program.parameters]
    Independence(lambda given: _run(program, given), arguments, values).check(states.sizes)
    numbers = total[total.isfinite()]
    if float(numbers.max() - numbers.min()) < 1e-9:
        raise RefusedError("probe", "the total is the same for all states.", "Make it depend on the signals.")
    return "; ".join(notes)


def _try(program: RewardProgram, batch: Batch) -> Values:
    """Run twice on copies; check shape, type, side effects and repeatability."""
    given = [batch[name].clone() for name in program.parameters]
    generator = torch.get_rng_state()
    values = _run(program, given)
    if len(values) == 1:
        raise RefusedError("probe", "there are no components.", 'Return total, {"name": component, ...}.')
    if len(values) > MAX_COMPONENTS + 1:
        raise RefusedError(
            "probe", f"there are {len(values) - 1} components, {MAX_COMPONENTS} are allowed.", "Merge some."
        )
    for name, value in values.items():
        _check_tensor(name, value, size_of(batch))
    again = _run(program, given)
    if any(
        not torch.equal(tensor, batch[name]) for name, tensor in zip(program.parameters, given, strict=True)
    ):
        raise RefusedError("probe", "the program changes its inputs.", "Compute new tensors instead.")
    if not torch.equal(torch.get_rng_state(), generator):
        raise RefusedError(
            "probe", "the program draws or seeds random numbers.", "Leave out everything random."
        )
    if any(not again[name].equal(value) and bool(value.isfinite().all()) for name, value in values.items()):
        raise RefusedError("probe", "the same states give different rewards.", "Leave out everything random.")
    return values


def _check_tensor(name: str, value: Tensor, count: int) -> None:
    if tuple(value.shape) != (count,):
        expected = f"(num_envs,) = ({count},)"
        hint = "Reduce vectors with dim=-1; index columns with [:, i]."
        raise RefusedError("probe", f"{name} has shape {tuple(value.shape)}, not {expected}.", hint)
    if name == "the total" and value.dtype != torch.float32:
        message = f"{name} is {str(value.dtype).removeprefix('torch.')}, not float32."
        raise RefusedError("probe", message, "Convert conditions with .float().")


def _no_number(program: RewardProgram, total: Tensor, where: str) -> RefusedError | None:
    if bool(total.isfinite().all()):
        return None
    kind = "NaN" if bool(total.isnan().any()) else "infinite"
    hint, line = advice(program, kind)
    return RefusedError("probe", f"the total is {kind} on {where}.", hint, line)


def _check_magnitude(total: Tensor, where: str) -> None:
    most = float(total.abs().max())
    if most > MAX_REWARD:
        message = f"the total reaches {most:.3g} on {where}."
        raise RefusedError("probe", message, "Keep it within 1e6; bound terms with tanh or exp.")


def _run(program: RewardProgram, arguments: list[Tensor]) -> Values:
    try:
        total, components = program.run_on(arguments)
    except ProgramFailedError as error:  # wrong shapes, indices out of range, memory
        hint = "Signals have the shape (num_envs, ...) of the table."
        raise RefusedError(
            "probe", f"it fails when run: {last_line(error)}.", hint, failing_line(error)
        ) from None
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
