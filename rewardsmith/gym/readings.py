"""Signals of somebody else's environment, read as a reward program wants them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from rewardsmith.contracts import INITIAL, PREVIOUS, Signal
from rewardsmith.errors import UsageError

R = TypeVar("R", bound=Callable[..., ArrayLike])


class Readings(Generic[R]):
    """The signals that a program reads, each with what reads it."""

    def __init__(self, readers: Mapping[Signal, R], parameters: tuple[str, ...]) -> None:
        """Keep those readers that a program needs, for itself or for the past.

        Args:
            readers: By signal.
            parameters: Names that the program reads.
        """
        wanted = set(parameters)
        self._readers = {
            signal: reader
            for signal, reader in readers.items()
            if wanted & {signal.name, PREVIOUS + signal.name, INITIAL + signal.name}
        }

    def read(self, call: Callable[[R], ArrayLike], rows: tuple[int, ...]) -> dict[str, Tensor]:
        """What the signals are now.

        Args:
            call: Calls a reader.
            rows: Before the signal's shape in what a reader gives: nothing for one environment,
                or how many there are.

        Returns:
            By name, ``(n, *shape)`` float32, ``n`` 1 for one environment.

        Raises:
            UsageError: A reader gave something of another shape.
        """
        found: dict[str, Tensor] = {}
        for signal, reader in self._readers.items():
            value, shape = np.array(call(reader), dtype=np.float32), rows + signal.shape
            if value.shape != shape:
                raise UsageError(
                    f"the reader of {signal.name!r} gave the shape {value.shape}; give {shape}, "
                    "as the signal says, or change the signal."
                )
            found[signal.name] = torch.from_numpy(value if rows else value[None])
        return found


def check_names(signals: Mapping[Signal, object]) -> tuple[Signal, ...]:
    """The table of signals that a user gave.

    Raises:
        UsageError: Two have the same name.
    """
    names = [signal.name for signal in signals]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageError(f"there are two signals {twice[0]!r}. Give each a name of its own.")
    return tuple(signals)
