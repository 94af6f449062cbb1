"""Several searches under one budget, side by side: strategies times repeats, each a study of its own.

Repeat r of every strategy has the same seed, so all of them start from the same luck: the same first draws of a deterministic
writer, the same fresh seeds and the same held-out episodes at the end.
"""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path

from rewardsmith import runner
from rewardsmith.config import StudyConfig
from rewardsmith.config_file import from_mapping, read_yaml, to_yaml
from rewardsmith.contracts import Observer
from rewardsmith.errors import NothingTrainedError, StoreError, UsageError
from rewardsmith.lock import FolderLock
from rewardsmith.parts import Parts, assemble
from rewardsmith.sharing import SharedTrainings
from rewardsmith.study import Study, check_new, is_study

COMPARISON_FILE = "comparison.yaml"
NO_HOURS = "max_hours would leave winners untrained and depend on what else runs here. Limit candidates, money or tokens."
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
            raise UsageError(f"strategy {bad!r} names no preset behind the colon. Give one, such as {bad}paper, or leave out the colon.")
        if self.study.writer == "replay":
            raise UsageError("a comparison cannot replay: each search asks for replies of its own. Give another --writer.")
        if not self.strategies:
            raise UsageError("no strategies are given. Name some, such as: --strategies eureka revolve rf-agent random")
        if twice := sorted({name for name in self.strategies if self.strategies.count(name) > 1}):
            raise UsageError(f"strategies has {twice[0]} twice. Name each once; a preset goes behind a colon, such as {twice[0]}:paper.")
        if self.study.final_seeds < 1:
            raise UsageError("final_seeds is 0, but only winners that were trained again can be compared. Give at least 1.")
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
        check_new(folder, resumable=is_comparison(folder))
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / COMPARISON_FILE).write_text(to_yaml(config))
        except OSError as error:
            raise StoreError(f"cannot write to {folder}: {error.strerror}. Give a writable folder with --out.") from error
        return cls(folder, config)

    @classmethod
    def open(cls, folder: Path) -> Comparison:
        """Open a comparison.

        Raises:
            UsageError: There is none in the folder, or its config is wrong.
        """
        config = from_mapping(ComparisonConfig, read_yaml(folder / COMPARISON_FILE))
        config.check()
        return cls(folder, config)

    @property
    def studies(self) -> list[Path]:
        """Folders of all searches that have begun, strategy by strategy."""
        folders = [self._study_folder(config) for config in self.config.searches()]
        by_strategy = [folder for first in range(len(self.config.strategies)) for folder in folders[first :: len(self.config.strategies)]]
        return [folder for folder in by_strategy if is_study(folder)]

    @property
    def unfinished(self) -> str:
        """How far a comparison is that is not at its end; else nothing."""
        total, ended = sum(1 for _ in self.config.searches()), 0
        for folder in self.studies:
            with Study.open(folder) as study:
                ended += study.finished
        return "" if ended == total else f"{ended} of {total} searches are at their end; `rewardsmith resume {self.folder}` goes on."

    def carry_out(self, observe: Observe) -> None:
        """Run every search that is not finished.

        A search that ends without a winner is a result, too, and the others go on.

        Args:
            observe: Makes the observer of one search; it is told the search's place among all.

        Raises:
            StoreError: Another process works on the comparison.
        """
        searches = list(self.config.searches())
        lock = FolderLock(self.folder)
        try:
            for number, config in enumerate(searches, 1):
                with self._study(config) as study:
                    if not study.finished:
                        self._search(study, observe, f"{number} of {len(searches)}")
        finally:
            lock.release()

    def _search(self, study: Study, observe: Observe, place: str) -> None:
        parts = assemble(study.config, study.folder)
        try:
            study.store.put_value("notice", parts.writer.notice)
            sharing = dataclasses.replace(parts, trainer=self._sharing_trainer(study, parts))
            with observe(study, sharing, place) as observer:
                runner.run(study, sharing, observer)
        except NothingTrainedError:
            return
        finally:
            parts.close()

    def _sharing_trainer(self, study: Study, parts: Parts) -> SharedTrainings:
        with ExitStack() as stack:
            others = [stack.enter_context(Study.open(folder)) for folder in self.studies if folder != study.folder]
            return SharedTrainings(parts.trainer, [other for other in others if other.config.seed == study.config.seed], parts.settings)

    def _study(self, config: StudyConfig) -> Study:
        folder = self._study_folder(config)
        if is_study(folder):
            study = Study.open(folder, write=True)
            if changed := study.config.changed_terms(config):
                study.close()
                raise UsageError(f"{folder} was made with another {changed} than {self.folder / COMPARISON_FILE} now says. Put it back.")
            return study
        if folder.exists():
            raise StoreError(f"{folder} is a damaged study: a file is missing. Restore it, or remove the folder to make the search again.")
        part = folder.with_name(f".{folder.name}")
        shutil.rmtree(part, ignore_errors=True)  # killed while it was made: nothing is in it yet
        Study.create(part, config).close()
        part.rename(folder)
        return Study.open(folder, write=True)

    def _study_folder(self, config: StudyConfig) -> Path:
        preset = config.strategy_options.get("preset")
        return self.folder / "studies" / f"{config.strategy}{f'-{preset}' if preset else ''}-s{config.seed}"
