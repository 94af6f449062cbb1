"""Running an accepted program: TorchScript in, reward and components out. Never Python."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import torch
from torch import Tensor
from torch.jit.frontend import FrontendError

from rewardsmith.reward.guard.graph import check_graph
from rewardsmith.reward.guard.syntax import ENTRY


class ProgramFailedError(RuntimeError):
    """A program does not compile, or fails on the signals that it is given."""


class RewardProgram:
    """A compiled program, bound to signals by the names of its parameters.

    There is no way to one that was not looked at: whoever has the text from a file, a database or
    another process gets the same look at its compiled form as the guard took.
    """

    def __init__(self, program: str) -> None:
        """Compile what the guard printed, and look at every operator before it can be called.

        Raises:
            ProgramFailedError: TorchScript refuses the text.
            RefusedError: The compiled program holds an operator beyond the guard's list.
        """
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                # CompilationUnit parses TorchScript; unlike torch.jit.script it
                # executes no Python of the text.
                self._unit = torch.jit.CompilationUnit(program)
            self.function = getattr(self._unit, ENTRY)
        except (RuntimeError, AttributeError, ValueError, FrontendError, OSError) as error:
            # The last two: a name that is Python inside torch, whose source cannot be
            # scripted or, in the guard, not be read.
            raise ProgramFailedError(str(error)) from None
        check_graph(self.function)
        self.parameters: tuple[str, ...] = tuple(argument.name for argument in self.function.schema.arguments)

    def __call__(self, signals: Mapping[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        """Compute rewards.

        Clones in, clones out: whatever a program writes, it writes into copies, and what it returns
        shares no memory with the signals, not even where it returns one of them.

        Args:
            signals: At least the program's signals, ``(n, *shape)``. They stay as they are.

        Returns:
            The total and every component, each ``(n,)``. Components are for people to read: truth
            values and whole numbers are floats, and a single number stands for every state.

        Raises:
            ProgramFailedError: It fails, or returns something else than tensors.
        """
        missing = next((name for name in self.parameters if name not in signals), None)
        if missing:
            raise ProgramFailedError(f"there is no signal {missing!r}")
        total, components = self.run_on([signals[name].clone() for name in self.parameters])
        return total.clone(), {name: value.float().clone() for name, value in components.items()}

    def run_on(self, arguments: list[Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        """Run without copies, for the guard, which looks at what a program does to its arguments.

        Raises:
            ProgramFailedError: As above.
        """
        try:
            # The plain executor: the first call costs what any other does,
            # and training runs what the guard ran.
            with torch.no_grad(), torch.jit.optimized_execution(False):
                result = self.function(*arguments)
        except (torch.jit.Error, RuntimeError, IndexError, ValueError, TypeError) as error:
            raise ProgramFailedError(str(error)) from None
        match result:
            case (Tensor() as total, dict() as components) if all(
                isinstance(value, Tensor) for value in components.values()
            ):
                return total, {name: _for_every_state(value, total) for name, value in components.items()}
        raise ProgramFailedError("the program does not return a total and a dictionary of components")


def _for_every_state(value: Tensor, total: Tensor) -> Tensor:
    """A component as it is logged; of another shape only where none can be made of it."""
    value = value if value.is_floating_point() else value.float()
    if value.shape == (*total.shape, 1):
        return value.squeeze(-1)
    return value.expand(total.shape) if value.dim() == 0 else value
