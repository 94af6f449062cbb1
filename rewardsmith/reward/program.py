"""Running an accepted program: TorchScript in, reward and components out. Never Python."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor

ENTRY: Final = "compute_reward"


class RewardProgram:
    """A compiled program, bound to signals by the names of its parameters."""

    def __init__(self, program: str) -> None:
        """Compile the text that the guard printed.

        Raises:
            RuntimeError: TorchScript refuses the text.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            # CompilationUnit parses TorchScript; unlike torch.jit.script it executes no Python of the text.
            self._unit = torch.jit.CompilationUnit(program)
        self.function = getattr(self._unit, ENTRY)
        self.parameters: tuple[str, ...] = tuple(argument.name for argument in self.function.schema.arguments)

    def __call__(self, signals: Mapping[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        """Compute rewards.

        Args:
            signals: Every signal of the task, ``(n, *shape)``. They must be copies: nothing
                that a program does to them may matter afterwards.

        Returns:
            The total and every component, each ``(n,)``.
        """
        return self.function(*(signals[name] for name in self.parameters))
