"""Signals as they were earlier in the episode: what lets a reward pay for progress."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor

from rewardsmith.contracts import INITIAL, PREVIOUS


class Past:
    """Remembers the signals that somebody asks for, one row per environment, and no others.

    It works for any environments, since it looks at nothing but what their steps give.
    """

    def __init__(self) -> None:
        """Remember nothing."""
        self._kept: dict[str, Tensor] = {}
        """By the name asked for: the value that the next step may need, ``(num_envs, *shape)``."""

    def exchange(self, kept: Tensor, fresh: int) -> None:
        """Go on with some rows, and begin others behind them.

        Args:
            kept: Their numbers, in their new order, ``(k,)`` int64.
            fresh: How many begin.
        """
        for name, value in self._kept.items():
            self._kept[name] = torch.cat((value[kept], value.new_zeros(fresh, *value.shape[1:])))

    def read(self, names: Iterable[str], signals: Mapping[str, Tensor], first: Tensor) -> dict[str, Tensor]:
        """Signals of this step, and of the past.

        Call it at every step, always for all names that are wanted: a name that is new has no past.

        Args:
            names: Of signals, and of signals with ``previous_`` or ``initial_`` before them. One
                that is nowhere is left out.
            signals: What the step gave, ``(num_envs, *shape)``.
            first: Whether it was the first step of its episode, ``(num_envs,)`` bool. There the
                past is the present.

        Returns:
            By name, ``(num_envs, *shape)``.
        """
        found: dict[str, Tensor] = {}
        kept: dict[str, Tensor] = {}
        for name in names:
            if name in signals:
                found[name] = signals[name]
                continue
            now = signals.get(_present(name))
            if now is None:
                continue
            before = self._kept.get(name, now)
            found[name] = torch.where(first.view(-1, *[1] * (now.dim() - 1)), now, before)
            kept[name] = now if name.startswith(PREVIOUS) else found[name]
        self._kept = kept
        return found


def _present(name: str) -> str:
    """The signal whose past a name asks for; the name itself where it asks for none."""
    return name.removeprefix(PREVIOUS) if name.startswith(PREVIOUS) else name.removeprefix(INITIAL)
