"""A trainer that trains nothing, with settings of its own: beside
each policy it notes what it was given."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar, Literal

from rewardsmith.contracts import Jobs, Task, TrainerSettings, TrainingProgress, TrainingResult
from rewardsmith.records import RunState
from tests.builders import save_policy


@dataclass(frozen=True)
class OwnSettings(TrainerSettings):
    """Nothing of PPO."""

    sigma: float = 0.5
    """Spread of the first weights."""
    style: Literal["calm", "wild"] = "calm"
    widths: tuple[int, ...] = (8,)

    RANGES: ClassVar[Mapping[str, tuple[float, float]]] = {**TrainerSettings.RANGES, "sigma": (0.0, 10.0)}


class OwnTrainer:
    """See :class:`rewardsmith.contracts.Trainer`."""

    can_race = can_start = starts_processes = False
    Settings: ClassVar[type[TrainerSettings]] = OwnSettings

    def __init__(self, task: Task, settings: OwnSettings, threads: int) -> None:
        assert type(settings) is OwnSettings
        self._task, self._settings = task, settings

    def train(
        self, jobs: Jobs, observe: Callable[[TrainingProgress], None]
    ) -> Iterator[Sequence[TrainingResult]]:
        while due := jobs.take(wait=True):
            for job in due:
                policy = Path(job.policy)
                policy.parent.mkdir(parents=True, exist_ok=True)
                (policy.parent / "settings.json").write_text(
                    json.dumps(asdict(self._settings)), encoding="utf-8"
                )
                save_policy(policy, self._task)
                yield [TrainingResult(job.run, RunState.TRAINED, env_steps=self._settings.env_steps)]
