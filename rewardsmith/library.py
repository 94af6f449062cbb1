"""Trainings that searches of one comparison have in common are made once.

A training hangs on its program, its seed, the settings and the held-out episodes, and on nothing
else: a slot computes what it would alone, bit for bit. Searches from the same seed often ask for
the same one (their first draws, or a winner that two of them found). Each still counts it as its
own, so budgets compare. What is raced hangs on those before it, too, and what begins from an
earlier policy hangs on that: both are always trained.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rewardsmith.contracts import TrainingResult
from rewardsmith.errors import StoreError
from rewardsmith.files import read_bytes, write_whole
from rewardsmith.records import Run, RunState, Score
from rewardsmith.records.limits import EPISODES_BYTES, POLICY_BYTES
from rewardsmith.study import Study


@dataclass(frozen=True)
class Known:
    """A training that another study has, as that of the run that asked for it."""

    result: TrainingResult
    score: Score


class Library:
    """What other studies trained."""

    def __init__(self, others: Sequence[Study] = ()) -> None:
        """Remember it.

        Args:
            others: Studies with the same task, trainer, settings and number of held-out episodes.
        """
        self._known: dict[tuple[str, int, int], tuple[Run, Score, Path, Path]] = {}
        for study in others:
            for run in study.runs:
                if run.state != RunState.TRAINED or run.rungs or run.start:
                    continue
                if score := study.score(run):
                    key = run.program, run.seed, score.seed
                    self._known[key] = run, score, study.policy_path(run), study.episodes_path(run)

    def find(self, study: Study, run: Run) -> Known | None:
        """The result of a run if it is known, its files copied.

        Raises:
            StoreError: They cannot be copied.
        """
        races = study.config.races(run.purpose)
        found = self._known.get((run.program, run.seed, study.evaluation_seed(run.purpose)))
        if found is None or races or run.start or not found[2].is_file():
            return None
        known, score, policy, played = found
        wanted = study.config.keeps_episodes(run.purpose)
        if wanted and not played.is_file():
            return None
        _copy(policy, study.policy_path(run), POLICY_BYTES)
        if wanted:
            _copy(played, study.episodes_path(run), EPISODES_BYTES)
        result = TrainingResult(
            run.id,
            RunState.TRAINED,
            None,
            "",
            known.env_steps,
            known.wall_s,
            known.components,
            known.spreads,
            known.progress,
        )
        return Known(result, score)


def _copy(source: Path, target: Path, most: int) -> None:
    try:
        write_whole(target, read_bytes(source, most))
    except OSError as error:
        raise StoreError(
            f"cannot copy {source} to {target}: {error.strerror}. Make room, or remove the first to train "
            "anew."
        ) from error
