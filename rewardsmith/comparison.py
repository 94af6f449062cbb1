"""Several searches under one budget, side by side: strategies times repeats, each its own study.

Repeat r of every strategy has the same seed, so all of them start from the same luck: the same
first draws of a deterministic writer, fresh seeds, and held-out episodes at the end.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path

from rewardsmith import runner
from rewardsmith.config import StudyConfig
from rewardsmith.config_file import from_mapping, is_name, read_yaml, short, to_yaml
from rewardsmith.contracts import Observer
from rewardsmith.errors import NothingTrainedError, StoreError, UsageError
from rewardsmith.files import check_plain, write_whole
from rewardsmith.library import Library
from rewardsmith.lock import LOCK_FILE, FolderLock, begin
from rewardsmith.parts import Parts, assemble
from rewardsmith.registry import STRATEGIES, TASKS
from rewardsmith.shown import command
from rewardsmith.study import Study
from rewardsmith.study_folder import is_half_made, is_study
from rewardsmith.task_files import FOLDER

COMPARISON_FILE = "comparison.yaml"
NO_HOURS = (
    "max_hours would leave winners untrained and depend on what else runs here. Limit candidates, "
    "money or tokens; or stop the comparison whenever you like with Ctrl-C, or after three hours with "
    "`timeout -s INT 3h rewardsmith compare ...`: everything finished is kept, and `rewardsmith resume "
    "FOLDER` goes on."
)
_HALF_MADE = frozenset({LOCK_FILE, FOLDER, f".{COMPARISON_FILE}.part"})
_DEPTH = 2
"""``studies/<search>``; each study looks at its own files."""
_MOST_SEARCHES = 10_000
Observe = Callable[[Study, Parts, str], AbstractContextManager[Observer]]


def is_comparison(folder: Path) -> bool:
    """Whether a folder holds a comparison, finished or not."""
    return (folder / COMPARISON_FILE).is_file()


@dataclass(frozen=True)
class ComparisonConfig:
    """What is compared, completely."""

    study: StudyConfig
    """What all searches have in common; ``seed`` is that of the first repeat."""
    strategies: tuple[str, ...]
    """Names, each perhaps with a preset behind a colon, such as ``rf-agent:paper``."""
    repeats: int = 5
    """Searches per strategy."""

    def check(self) -> None:
        """Refuse what cannot be compared.

        Raises:
            UsageError: Naming the field, its value and what is allowed.
        """
        if self.repeats < 1:
            raise UsageError(f"repeats is {self.repeats}; give at least 1, and at least 5 for intervals.")
        if bad := next((name for name in self.strategies if name.endswith(":")), None):
            raise UsageError(
                f"strategy {bad!r} names no preset behind the colon. Give one, such as {bad}paper, or "
                "leave out the colon."
            )
        for name in self.strategies:
            # before anything is made: names are parts of folders
            if not all(map(is_name, name.split(":", 1))):
                raise UsageError(
                    f"strategies has {short(name)}; give names such as eureka or rf-agent:paper."
                )
        preset = self.study.strategy_options.get("preset", "any")
        if not is_name(str(preset)):
            raise UsageError(
                f"strategy_options.preset is {short(preset)}; give the name of a preset, such as paper."
            )
        if self.study.writer == "replay":
            raise UsageError(
                "a comparison cannot replay: each search asks for replies of its own. Give another --writer."
            )
        if not self.strategies:
            raise UsageError(
                "no strategies are given. Name some, such as: --strategies eureka revolve rf-agent random"
            )
        if twice := sorted({name for name in self.strategies if self.strategies.count(name) > 1}):
            raise UsageError(
                f"strategies has {twice[0]} twice. Name each once; a preset goes behind a colon, such as "
                f"{twice[0]}:paper."
            )
        if self.repeats * len(self.strategies) > _MOST_SEARCHES:
            searches = f"{self.repeats} repeats of {len(self.strategies)} strategies"
            raise UsageError(f"{searches} are too many searches; give at most {_MOST_SEARCHES:,} in all.")
        if self.study.final_seeds < 1:
            raise UsageError(
                "final_seeds is 0, but only winners that were trained again can be compared. Give at least 1."
            )
        if self.study.max_hours is not None:
            raise UsageError(NO_HOURS)
        self.study.check()

    def searches(self) -> Iterator[StudyConfig]:
        """The config of every search, a whole repeat after the other.

        The baselines hang on the seed alone, so the first strategy trains them for all.
        """
        for repeat in range(self.repeats):
            for name in self.strategies:
                strategy, _, preset = name.partition(":")
                options = {**self.study.strategy_options, **({"preset": preset} if preset else {})}
                yield dataclasses.replace(
                    self.study,
                    strategy=strategy,
                    strategy_options=options,
                    seed=self.study.seed + repeat,
                    baselines=self.study.baselines and name == self.strategies[0],
                )


class Comparison:
    """``comparison.yaml`` and ``studies/<strategy>-s<seed>/``."""

    def __init__(self, folder: Path, config: ComparisonConfig) -> None:
        """Use :meth:`create` or :meth:`open`."""
        self.folder = folder
        self.config = config

    @classmethod
    def create(cls, folder: Path, config: ComparisonConfig) -> Comparison:
        """Make a new comparison.

        Raises:
            UsageError: The folder holds something already, or the config is wrong.
            StoreError: The folder cannot be written.
        """
        config.check()
        try:
            lock = begin(folder, _is_half_made, resumable=is_comparison)
            try:
                TASKS.keep(config.study.task, folder)
                write_whole(folder.resolve() / COMPARISON_FILE, to_yaml(config).encode(), durable=True)
            finally:
                lock.release()
        except OSError as error:
            raise StoreError(
                f"cannot write to {folder}: {error.strerror}. Give a writable folder with --out."
            ) from error
        return cls(folder, config)

    @classmethod
    def open(cls, folder: Path) -> Comparison:
        """Open a comparison.

        Raises:
            UsageError: There is none in the folder, or its config is wrong.
            StoreError: It holds anything but plain files and folders.
        """
        if folder.is_dir():
            check_plain(folder, _DEPTH)
        TASKS.find(folder)
        config = from_mapping(ComparisonConfig, read_yaml(folder / COMPARISON_FILE))
        config.check()
        return cls(folder, config)

    @property
    def studies(self) -> list[Path]:
        """Folders of all searches that have begun, strategy by strategy."""
        folders = [self._study_folder(config) for config in self.config.searches()]
        by_strategy = [
            folder
            for first in range(len(self.config.strategies))
            for folder in folders[first :: len(self.config.strategies)]
        ]
        return [folder for folder in by_strategy if is_study(folder)]

    @property
    def unfinished(self) -> str:
        """How far a comparison is that is not at its end; else nothing."""
        total, ended = sum(1 for _ in self.config.searches()), 0
        for folder in self.studies:
            with Study.open(folder) as study:
                ended += study.finished
        return (
            ""
            if ended == total
            else f"{ended} of {total} searches are at their end; `{command('resume', self.folder)}` goes on."
        )

    def carry_out(self, observe: Observe) -> None:
        """Run every search that is not finished.

        A search that ends without a winner is a result, too, and the others go on.

        Args:
            observe: Makes the observer of one search; it is told the search's place among all.

        Raises:
            UsageError: A strategy is not registered.
            StoreError: Another process works on it, or its folder holds what could lead elsewhere.
        """
        searches = list(self.config.searches())
        for strategy in {config.strategy for config in searches}:
            STRATEGIES.check(strategy)
        check_plain(self.folder, _DEPTH, write=True)
        lock = FolderLock(self.folder)
        try:
            for number, config in enumerate(searches, 1):
                with self._study(config) as study:
                    if not study.finished:
                        self._search(study, observe, f"{number} of {len(searches)}")
        finally:
            lock.release()

    def _search(self, study: Study, observe: Observe, place: str) -> None:
        parts = assemble(study.config, study.folder, study.horizon)
        try:
            study.store.put_value("notice", parts.writer.notice)
            parts = dataclasses.replace(parts, library=self._library(study))
            with observe(study, parts, place) as observer:
                runner.run(study, parts, observer)
        except NothingTrainedError:
            return
        finally:
            parts.close()

    def _library(self, study: Study) -> Library:
        with ExitStack() as stack:
            others = [
                stack.enter_context(Study.open(folder)) for folder in self.studies if folder != study.folder
            ]
            return Library([other for other in others if other.config.seed == study.config.seed])

    def _study(self, config: StudyConfig) -> Study:
        folder = self._study_folder(config)
        if is_study(folder):
            study = Study.open(folder, write=True)
            if changed := study.config.changed_terms(config):
                study.close()
                raise UsageError(
                    f"{folder} was made with another {changed} than {self.folder / COMPARISON_FILE} now "
                    "says. Put it back."
                )
            # what may differ, such as access to a model and limits, is the comparison's to say
            study.config = config
            return study
        if folder.exists() and not is_half_made(folder):
            raise StoreError(
                f"{folder} is a damaged study: a file is missing. Restore it, or remove the folder to make "
                "the search again."
            )
        return Study.create(folder, config)

    def _study_folder(self, config: StudyConfig) -> Path:
        preset = config.strategy_options.get("preset")
        return self.folder / "studies" / f"{config.strategy}{f'-{preset}' if preset else ''}-s{config.seed}"


def _is_half_made(folder: Path) -> bool:
    """Whether a folder holds no more than what is there before a new comparison is complete."""
    return folder.is_dir() and set(os.listdir(folder)) <= _HALF_MADE
