"""What policies do while they are scored: how quantities stood at the end and at their extremes."""

from __future__ import annotations

import torch
from torch import Tensor

from rewardsmith.contracts import Step, Task
from rewardsmith.feedback.quantities import watched
from rewardsmith.records import Behaviour, EpisodeGroup, Quartiles, Reading

_DIGITS = 6
"""What is less is nothing: a cube at rest has a speed of 1e-8."""
_SHARES = (0.25, 0.5, 0.75)


class BehaviourRecorder:
    """Watches every environment during its first episode."""

    def __init__(self, task: Task, environments: int, device: torch.device | str) -> None:
        """Begin, with ``environments`` episodes that have not begun."""
        self._quantities, self._metric = watched(task.signals), task.has_metric
        shape = (len(self._quantities), environments)
        self._end = torch.zeros(shape, device=device)
        self._least, self._most = (
            torch.full_like(self._end, torch.inf),
            torch.full_like(self._end, -torch.inf),
        )
        self._steps = torch.zeros(environments, dtype=torch.int64, device=device)
        self._met_at, self._met_last = torch.zeros_like(self._steps), torch.zeros_like(self._steps).bool()

    def note(self, step: Step, running: Tensor) -> None:
        """Take in one control step.

        Args:
            step: What it gave.
            running: Whether the environment was in its first episode until now and its state is
                sound, ``(environments,)`` bool.
        """
        self._steps += running
        self._met_last = torch.where(running, step.success, self._met_last)
        first = running & step.success & (self._met_at == 0)
        self._met_at = torch.where(first, self._steps, self._met_at)
        if not self._quantities:
            return
        now = torch.stack([quantity.of(step.signals) for quantity in self._quantities])
        self._end = torch.where(running, now, self._end)
        self._least = torch.where(running, torch.minimum(now, self._least), self._least)
        self._most = torch.where(running, torch.maximum(now, self._most), self._most)

    def join(self, later: BehaviourRecorder) -> None:
        """Put environments behind these that were watched by themselves."""
        for name in ("_end", "_least", "_most", "_steps", "_met_at", "_met_last"):
            setattr(self, name, torch.cat((getattr(self, name), getattr(later, name)), dim=-1))

    def behaviour(self, rows: slice, scores: Tensor) -> Behaviour:
        """What one policy did.

        Args:
            rows: Its environments.
            scores: True scores of its episodes, ``(episodes,)`` on the CPU.
        """
        steps, met_at = self._steps[rows].cpu(), self._met_at[rows].cpu()
        seen = steps > 0  # or the simulator lost it at once
        rate = not self._metric and bool(((scores == 0) | (scores == 1)).all())
        better = scores == 1 if rate else scores > scores.median()
        labels = ("successes", "failures") if rate else ("better half", "worse half")
        groups = tuple(
            EpisodeGroup(label, int(chosen.sum()), _quartiles(steps[chosen]), self._readings(rows, chosen))
            for label, chosen in zip(labels, (seen & better, seen & ~better), strict=True)
            if chosen.any()
        )
        met = met_at > 0
        if self._metric or not met.any():
            return Behaviour(groups)
        lost = met & ~self._met_last[rows].cpu()
        return Behaviour(groups, int(met.sum()), int(lost.sum()), _quartiles(met_at[met]))

    def _readings(self, rows: slice, chosen: Tensor) -> tuple[Reading, ...]:
        end, least, most = (part[:, rows].cpu()[:, chosen] for part in (self._end, self._least, self._most))
        return tuple(
            Reading(quantity.name, quantity.unit, *(_quartiles(part[n]) for part in (end, least, most)))
            for n, quantity in enumerate(self._quantities)
        )


def _quartiles(values: Tensor) -> Quartiles:
    low, median, high = values.double().quantile(torch.tensor(_SHARES, dtype=torch.float64)).tolist()
    return Quartiles(round(low, _DIGITS), round(median, _DIGITS), round(high, _DIGITS))
