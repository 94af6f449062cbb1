"""The reward of one training, computed on collected states, and why it failed if it did."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from rewardsmith.contracts import SPARSE, TrainingJob
from rewardsmith.execution.memory import is_shortage
from rewardsmith.records import Fault
from rewardsmith.reward.guard.refusal import RefusedError
from rewardsmith.reward.program import ProgramFailedError, RewardProgram
from rewardsmith.training.ppo import PpoSettings

Terms = tuple[Tensor, dict[str, Tensor]]
"""The program's total ``(n,)`` and its components, each ``(n,)``."""


class ProxyReward:
    """One job's program, or the sparse reward.

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
        if job.program != SPARSE:
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
    def terms(self, signals: Mapping[str, Tensor], sparse: Tensor, epoch: int) -> Terms | None:
        """What the program says of ``n`` states.

        It sees copies, and what it returns is copied again. Physics and the true score have long
        moved on, so nothing it does can reach them.

        Args:
            signals: At least those of :attr:`parameters`, ``(n, *shape)``.
            sparse: The sparse reward of these states, ``(n,)``; no program sees it.
            epoch: For the message where the total is not finite.

        Raises:
            MemoryError: There is not enough for it.

        Returns:
            ``None`` where the program raised. A total that is not finite is returned: this fails.
        """
        if self._program is None:
            return sparse, {}
        try:
            total, components = self._program(signals)
            if total.shape != sparse.shape:
                raise ProgramFailedError(f"the total has shape {tuple(total.shape)}")
        except ProgramFailedError as error:
            if is_shortage(error):
                raise MemoryError(str(error)) from error  # not the program's fault, unless it is alone
            self.fail(Fault.CRASHED, f"the program failed on real states: {error}")
            return None
        bad = (~total.isfinite()).nonzero()
        if len(bad):
            row = int(bad[0])
            shown = ", ".join(f"{name} = {_short(signals[name][row].tolist())}" for name in self.parameters)
            self.fail(
                Fault.DIVERGED, f"the total became {float(total[row])} in epoch {epoch} at {shown}"[:600]
            )
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
