"""Reward programs over the steps of episodes, for environments of whatever kind."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from rewardsmith.contracts import Signal, readable
from rewardsmith.errors import RewardsmithError, UsageError
from rewardsmith.reward.guard.refusal import RefusedError
from rewardsmith.reward.guard.static import check_source
from rewardsmith.reward.past import Past
from rewardsmith.reward.program import ProgramFailedError, RewardProgram
from rewardsmith.reward.program_file import read_program

_MEND = "Mend the program; `rewardsmith check FILE TASK` tries it on recorded states."


class EpisodeProgram:
    """A program that the guard let pass, with the past that it reads.

    Its text never runs as Python.
    """

    def __init__(self, program: str | Path, signals: tuple[Signal, ...], name: str = "") -> None:
        """Read, check and compile it.

        Args:
            program: A file, or the text of a program, which has more than one line.
            signals: What it may read, as it is and as it was.
            name: What messages call it; else the file's name.

        Raises:
            UsageError: There is no such file, or the guard refuses what is in it.
        """
        is_text = isinstance(program, str) and "\n" in program
        source = str(program) if is_text else read_program(Path(program))
        self._name = name or ("the reward program" if is_text else f"the reward {program}")
        try:
            self._program = RewardProgram(check_source(source, readable(signals)).program)
        except RefusedError as refusal:
            raise UsageError(f"{self._name} is refused: {refusal.verdict().text}") from None
        except ProgramFailedError as error:
            raise UsageError(f"{self._name} does not compile: {error} {_MEND}") from None
        self._past = Past()

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of what it reads, such as ``cube_pos`` and ``previous_cube_pos``."""
        return self._program.parameters

    def total(self, signals: Mapping[str, Tensor], first: Tensor) -> Tensor:
        """The reward of one step. Call it at every step.

        Args:
            signals: Those of the table that it reads, ``(n, *shape)`` float32.
            first: Whether it was the first step of its episode, ``(n,)`` bool; there the past is
                the present.

        Returns:
            ``(n,)`` float32.

        Raises:
            RewardsmithError: It fails on these states, or gives no finite number.
        """
        try:
            total, _ = self._program(self._past.read(self.parameters, signals, first))
        except ProgramFailedError as error:
            raise RewardsmithError(
                f"{self._name} failed on the states of this step: {error} {_MEND}"
            ) from None
        if total.shape != first.shape:
            raise RewardsmithError(
                f"{self._name} gives a total of shape {tuple(total.shape)} for {len(first)} environments, "
                f"not {tuple(first.shape)}. {_MEND}"
            )
        finite = total.isfinite()
        if not finite.all():
            row = int((~finite).nonzero()[0])
            raise RewardsmithError(
                f"{self._name} became {float(total[row])} in environment {row}. Bound the term that did so "
                "(clamp, tanh, x + 1e-6 below a fraction)."
            )
        return total.to(torch.float32)
