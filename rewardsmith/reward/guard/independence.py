"""Layer 6, a part: an environment's reward is its own, whatever is beside it and wherever it is.

Every state is computed again among others, in another place and in batches of other sizes, and must
come to the same. The places are drawn anew for every check, so no program can know them. Child
process only.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Mapping
from functools import cached_property

import torch
from torch import Tensor

from rewardsmith.reward.guard.refusal import RefusedError

Values = Mapping[str, Tensor]
"""The total and the components by what messages call them, each ``(n,)``."""
Run = Callable[[list[Tensor]], Values]
"""Runs the program on its arguments."""

_BLOCK = 16
"""States that a processor may compute in one go. They may all be
rounded otherwise where one of them is odd."""
_ROUNDING = 16 * torch.finfo(torch.float32).eps
"""Relative to the value itself. Another batch size takes other ways
through the processor, which round otherwise."""
_SHARE = 1e-4
"""Relative to how much the value differs among the states: for terms that come from larger ones."""
_TREMBLES = 4
_TREMBLE = 8 * torch.finfo(torch.float32).eps
_EXCUSED = 4.0
"""A gap may be so many times what rounding is seen to do to the value."""


class Independence:
    """The check of one program on one batch."""

    def __init__(self, run: Run, arguments: list[Tensor], values: Values) -> None:
        """Remember what every state came to.

        Args:
            run: The program.
            arguments: The states, each ``(n, *shape)``; they stay as they are.
            values: The program's values of them.
        """
        self._run, self._arguments, self._values = run, arguments, values
        self._generator = torch.Generator().manual_seed(secrets.randbits(62))

    def check(self, sizes: tuple[int, ...]) -> None:
        """Compute every state again in other company.

        Args:
            sizes: Of the smaller batches, each at most ``n``.

        Raises:
            RefusedError: Some state comes to another value.
        """
        count = len(self._arguments[0])
        spoilt = torch.rand(-(-count // _BLOCK), generator=self._generator) < 0.5
        spoilt = spoilt.repeat_interleave(_BLOCK)[:count]
        for others in (spoilt, ~spoilt):
            self._check_beside_nothing(others)
        order = torch.randperm(count, generator=self._generator)
        self._check_elsewhere(order)
        for size in sizes:
            start = int(torch.randint(count - size + 1, (), generator=self._generator))
            self._check_elsewhere(order[start : start + size])

    def _check_beside_nothing(self, others: Tensor) -> None:
        """The others are no numbers: what takes in the least of them is none either, even times 0.

        Places and size stay, so that hardly a digit may change.
        """
        spoilt = [value.clone() for value in self._arguments]
        for value in spoilt:
            value[others] = torch.nan
        seen = self._run(spoilt)
        for name, known in self._named(seen):
            own = known[~others]
            if not bool((_gap(seen[name][~others], own) <= _ROUNDING * _finite(own).abs()).all()):
                raise _dependent(name)

    def _check_elsewhere(self, rows: Tensor) -> None:
        given = [value[rows] for value in self._arguments]
        seen = self._run(given)
        for name, known in self._named(seen):
            if seen[name].shape != rows.shape:
                raise _dependent(name)
            own = known[rows]
            gap = _gap(seen[name], own)
            allowed = _ROUNDING * _finite(own).abs()
            if bool((gap <= allowed).all()):
                continue
            low, high = torch.quantile(_finite(known), 0.1), torch.quantile(_finite(known), 0.9)
            allowed = allowed + _SHARE * (high - low)
            if bool((gap <= allowed).all()):
                continue
            doubt = self._doubt[name][rows] + self._lost_digits(given, seen)[name]
            if not bool((gap <= allowed + _EXCUSED * doubt).all()):
                raise _dependent(name)

    def _named(self, seen: Values) -> list[tuple[str, Tensor]]:
        if seen.keys() != self._values.keys():
            message = "the components change with the number of environments or with their states."
            raise RefusedError("probe", message, "Return the same ones always.")
        return list(self._values.items())

    @cached_property
    def _doubt(self) -> Values:
        """How far rounding may move each value: steps, roots near 0, differences of large terms.

        It is what the value moves when the last digits of the states do, and what it is off in
        single precision.
        """
        doubt = {name: torch.zeros_like(value) for name, value in self._values.items()}
        for _ in range(_TREMBLES):
            near = [self._trembling(value) for value in self._arguments]
            seen = self._run(near)
            lost = self._lost_digits(near, seen)
            for name, known in self._named(seen):
                moved = _gap(seen[name], known).nan_to_num(nan=0.0)
                doubt[name] = torch.maximum(doubt[name], moved + lost[name])
        return doubt

    def _trembling(self, value: Tensor) -> Tensor:
        noise = 2.0 * torch.rand(value.shape, generator=self._generator) - 1.0
        return value * (1.0 + _TREMBLE * noise)

    def _lost_digits(self, given: list[Tensor], seen: Values) -> Values:
        """How far each value is off that in double precision, in the same company.

        It is 0 where an operator does not take double precision.
        """
        exact = seen
        with contextlib.suppress(RefusedError):
            exact = self._run([value.double() for value in given])
        self._named(exact)
        return {name: _gap(value, exact[name]).float().nan_to_num(nan=0.0) for name, value in seen.items()}


def _gap(seen: Tensor, known: Tensor) -> Tensor:
    """How far values are from what they are known to be.

    Components that are no numbers there are only logged; the total is always one.
    """
    return torch.where(known.isfinite(), (seen - known).abs(), torch.zeros_like(known))


def _finite(known: Tensor) -> Tensor:
    return torch.where(known.isfinite(), known, torch.zeros_like(known))


def _dependent(name: str) -> RefusedError:
    return RefusedError(
        "probe",
        f"an environment's reward depends on its neighbours, its place or their number ({name}).",
        "Give every reduction a dim=-1; take no mean over environments, and no fixed rows.",
    )
