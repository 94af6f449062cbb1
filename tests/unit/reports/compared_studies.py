"""Finished studies to compare."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from rewardsmith.config import StudyConfig
from rewardsmith.records import Purpose, Run, Score
from rewardsmith.reports.comparison_report import ComparisonReport, compare
from rewardsmith.study import Study
from rewardsmith.usage import Usage
from tests.builders import called, keep, keep_run, run_of, trained

WINNER_FRESH = {"eureka": (0.8, 0.6, 0.7, 0.9, 0.5), "random": (0.4, 0.6, 0.3, 0.2, 0.5)}


Final = tuple[Run, Score | None]


def final(subject: str, score: float | None, seed: int) -> Final:
    """A run after the search: of the winner, or of a baseline."""
    purpose = Purpose.BASELINE if subject in ("human", "sparse") else Purpose.FINAL
    run = run_of(subject, purpose, failed="" if score is not None else "it fell over", seed=seed)
    return run, None if score is None else Score(score, 0.01, 128)


def study(
    folder: Path,
    config: StudyConfig,
    search: Sequence[float | None],
    finals: Sequence[Final],
    *,
    finished: bool = True,
) -> Path:
    with Study.create(folder, config) as made:
        for number, score in enumerate(search):
            keep(made, trained(f"c{number:03d}", score, parents=("c000",) if number else ()))
            made.store.add_call(called(f"c{number:03d}", Usage(2, 10, 5, 0.25)))
        for run, score in finals:
            keep_run(made, run, score)
        made.store.put_value("notice", "a notice")
        if finished:
            made.store.put_value("finished", "yes")
    return folder


def report(*folders: Path) -> ComparisonReport:
    with ExitStack() as stack:
        return compare([stack.enter_context(Study.open(folder)) for folder in folders])
