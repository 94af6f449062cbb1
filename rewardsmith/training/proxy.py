"""The reward of one training, computed on collected states, and why it failed if it did."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from rewardsmith.contracts import BUILT_IN, SPARSE, TrainingJob
from rewardsmith.execution.memory import is_shortage
from rewardsmith.records import Fault
from rewardsmith.reward.guard.refusal import RefusedError
from rewardsmith.reward.program import ProgramFailedError, RewardProgram
from rewardsmith.training.ppo import PpoSettings

Terms = tuple[Tensor, dict[str, Tensor]]
"""The program's total ``(n,)`` and its components, each ``(n,)``."""


class ProxyReward:
    """One job's program, or a reward that the environment gives by itself.

    It fails at most once; from then on there is no reward.
    """

    def __init__(self, job: TrainingJob, settings: PpoSettings) -> None:
        """Compile the job's program.

        A text that the guard refuses or that does not compile is a failure at once.
        """
        self._bonus = settings.goal_bonus
        self.failure: Fault | None = None
        self.cause = ""
        self._program: RewardProgram | None = None
        self._built_in = job.program if job.program in BUILT_IN else ""
        if not self._built_in:
            try:
                self._program = RewardProgram(job.program)
            except RefusedError as refusal:
                self.fail(Fault.CRASHED, f"the guard refuses the program: {refusal.verdict().text}")
            except ProgramFailedError as error:
                self.fail(Fault.CRASHED, f"the program does not compile: {error}")

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the signals that the program reads."""
        return tuple(self._program.parameters) if self._program else ()

    def fail(self, fault: Fault, cause: str) -> None:
        """There is no reward from now on."""
        self.failure, self.cause = fault, cause

    @torch.no_grad()
    def terms(
        self, signals: Mapping[str, Tensor], sparse: Tensor, native: Tensor | None, epoch: int
    ) -> Terms | None:
        """What the reward says of ``n`` states.

        It sees copies, and what it returns is copied again. Physics and the true score have long
        moved on, so nothing it does can reach them.

        Args:
            signals: At least those of :attr:`parameters`, ``(n, *shape)``.
            sparse: The sparse reward of these states, ``(n,)``; no program sees it.
            native: The suite's own reward of these states, ``(n,)``, where it has one; no program
                sees it either.
            epoch: For the message where the total is not finite.

        Raises:
            MemoryError: There is not enough for it.

        Returns:
            ``None`` where the program raised, or where the suite has no such reward. A total that
            is not finite is returned: this fails.
        """
        if self._built_in == SPARSE:
            return sparse, {}
        program = self._program
        found = self._computed(program, signals, sparse) if program else self._native(native)
        if found and len(bad := (~found[0].isfinite()).nonzero()):
            row = int(bad[0])
            shown = ", ".join(f"{name} = {_short(signals[name][row].tolist())}" for name in self.parameters)
            became = f"the total became {float(found[0][row])} in epoch {epoch}"
            self.fail(Fault.DIVERGED, f"{became} at {shown}"[:600] if shown else became)
        return found

    def _native(self, native: Tensor | None) -> Terms | None:
        if native is None:
            self.fail(Fault.CRASHED, "the environment gives no native reward, though its task says so")
            return None
        return native, {}

    def _computed(
        self, program: RewardProgram, signals: Mapping[str, Tensor], sparse: Tensor
    ) -> Terms | None:
        try:
            total, components = program(signals)
            if total.shape != sparse.shape:
                raise ProgramFailedError(f"the total has shape {tuple(total.shape)}")
        except ProgramFailedError as error:
            if is_shortage(error):
                raise MemoryError(str(error)) from error  # not the program's fault, unless it is alone
            self.fail(Fault.CRASHED, f"the program failed on real states: {error}")
            return None
        return total, components

    def with_bonus(self, total: Tensor, success: Tensor) -> Tensor:
        """The reward that is trained on: the total, and the bonus wherever the goal is met."""
        return total + self._bonus * success


def _short(value: float | list[float]) -> str:
    """A reading in few digits; a grid is flattened."""
    numbers = torch.tensor(value).flatten().tolist()
    return (
        "[" + ", ".join(f"{number:.4g}" for number in numbers) + "]"
        if isinstance(value, list)
        else f"{value:.4g}"
    )
