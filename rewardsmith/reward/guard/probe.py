"""Layer 6: run the program on made-up states and look at what it does. Child process only."""

from __future__ import annotations

import torch
from torch import Tensor

from rewardsmith.contracts import Signal
from rewardsmith.reward.guard.refusal import Refused
from rewardsmith.reward.program import RewardProgram

MAX_REWARD = 1e6
MAX_COMPONENTS = 24
_SMALL, _LARGE = 64, 6_144
"""A handful of states, and as many as one rollout of one slot has."""


def probe(program: RewardProgram, signals: tuple[Signal, ...]) -> None:
    """Refuse a program that misbehaves on ordinary, wide or empty states.

    Args:
        program: Compiled and checked by the layers before.
        signals: The task's signal table, which says what ordinary values are.

    Raises:
        Refused: Naming the total or the component, and what is wrong with it.
    """
    generator = torch.Generator().manual_seed(0)
    ordinary = _draw(signals, _SMALL, 1.0, generator)
    total = _check_values(program, ordinary, "ordinary states")
    if float(total.abs().max()) > MAX_REWARD:
        raise Refused("probe", f"the total reaches {float(total.abs().max()):.3g} on ordinary states.", "Keep it within 1e6; bound terms with tanh or exp.")
    if float(total.max() - total.min()) < 1e-9:
        raise Refused("probe", "the total is the same for all states.", "Make it depend on the signals.")
    _check_independence(program, ordinary, total)
    _check_values(program, _draw(signals, _SMALL, 10.0, generator), "states far outside the ordinary range")
    _check_values(program, {name: torch.zeros_like(value) for name, value in ordinary.items()}, "states that are all zero")
    _check_values(program, _draw(signals, _LARGE, 1.0, generator), f"{_LARGE} states at once")


def _draw(signals: tuple[Signal, ...], count: int, width: float, generator: torch.Generator) -> dict[str, Tensor]:
    """Uniform values of every signal in ``width`` times its range; quaternions are of unit length."""
    batch: dict[str, Tensor] = {}
    for signal in signals:
        values = torch.rand((count, *signal.shape), generator=generator)
        middle, half = (signal.high + signal.low) / 2, (signal.high - signal.low) / 2 * width
        values = middle + half * (2.0 * values - 1.0)
        batch[signal.name] = torch.nn.functional.normalize(values, dim=-1) if signal.unit == "quat" else values
    return batch


def _check_values(program: RewardProgram, batch: dict[str, Tensor], where: str) -> Tensor:
    """Run twice on copies; check shape, type, finiteness, aliasing, side effects and repeatability."""
    given = {name: value.clone() for name, value in batch.items()}
    count = len(next(iter(batch.values())))
    total, components = _run(program, given)
    if not components:
        raise Refused("probe", "there are no components.", 'Return total, {"name": component, ...}.')
    if len(components) > MAX_COMPONENTS:
        raise Refused("probe", f"there are {len(components)} components, {MAX_COMPONENTS} are allowed.", "Merge some.")
    for name, value in {"the total": total, **{f"component {n!r}": v for n, v in components.items()}}.items():
        _check_tensor(name, value, count, where)
        if any(value.untyped_storage().data_ptr() == signal.untyped_storage().data_ptr() for signal in given.values()):
            raise Refused("probe", f"{name} is a signal itself, not a copy.", "Multiply it by 1.0.")
    if any(not torch.equal(given[name], value) for name, value in batch.items()):
        raise Refused("probe", "the program changes its inputs.", "Compute new tensors instead.")
    again, _ = _run(program, given)
    if not torch.equal(total, again):
        raise Refused("probe", "the same states give different rewards.", "Leave out everything random.")
    return total


def _check_tensor(name: str, value: Tensor, count: int, where: str) -> None:
    if tuple(value.shape) != (count,):
        expected = f"(num_envs,) = ({count},)"
        raise Refused("probe", f"{name} has shape {tuple(value.shape)}, not {expected}.", "Reduce vectors with dim=-1; index columns with [:, i].")
    if value.dtype != torch.float32:
        raise Refused("probe", f"{name} is {str(value.dtype).removeprefix('torch.')}, not float32.", "Convert conditions with .float().")
    if not bool(value.isfinite().all()):
        kind = "NaN" if bool(value.isnan().any()) else "infinite"
        raise Refused("probe", f"{name} is {kind} on {where}.", "Guard divisions and roots with + 1e-6; clamp before exp, log and acos.")


def _check_independence(program: RewardProgram, batch: dict[str, Tensor], total: Tensor) -> None:
    """An environment's reward must not depend on the others: no batch means, no fixed rows."""
    rows = torch.arange(_SMALL - 1, -1, -3)
    part, _ = _run(program, {name: value[rows] for name, value in batch.items()})
    if part.shape != total[rows].shape or not torch.allclose(part, total[rows], rtol=1e-4, atol=1e-5):
        raise Refused("probe", "an environment's reward depends on its neighbours.", "Give every reduction a dim=-1; take no mean over environments.")


def _run(program: RewardProgram, batch: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
    try:
        with torch.no_grad():
            return program(batch)
    except RuntimeError as error:  # torch.jit.Error included: wrong shapes, tensors used as conditions
        raise Refused("probe", f"it fails when run: {last_line(error)}.", "Signals have the shape (num_envs, ...) of the table.") from None


def last_line(error: Exception) -> str:
    """The line of a TorchScript error that says what is wrong."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith("RuntimeError:")] or lines[-1:]
    return telling[-1].removeprefix("RuntimeError: ").rstrip(".")[:300] if telling else type(error).__name__
