"""A study: one search in one folder that can be copied, resumed and opened anywhere."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

import yaml

from rewardsmith.config import StudyConfig
from rewardsmith.config_file import from_mapping, read_yaml, to_yaml
from rewardsmith.errors import RewardsmithError, StoreError, UsageError
from rewardsmith.lock import FolderLock
from rewardsmith.records import Candidate, FinalRun, Proposal
from rewardsmith.seeds import derive
from rewardsmith.shown import command
from rewardsmith.store.sqlite import Store
from rewardsmith.usage import Usage

SEARCH, FINAL = "search", "final"
"""What a training is for."""
_CONFIG, _DATABASE = "config.yaml", "study.db"


def check_new(folder: Path, *, resumable: bool) -> None:
    """Refuse a folder for something new that holds something already.

    Args:
        folder: It need not exist.
        resumable: Whether what it holds can be continued.

    Raises:
        UsageError: With the ways to go on.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        way = f"continue it with `{command('resume', folder)}`, or " if resumable else ""
        raise UsageError(f"{folder} exists already. To go on: {way}give another folder with --out.")


def is_study(folder: Path) -> bool:
    """Whether a folder holds a study, finished or not."""
    return (folder / _DATABASE).is_file() and (folder / _CONFIG).is_file()


class Study:
    """``config.yaml`` (the effective config), ``study.db`` (the truth) and ``candidates/<id>/``."""

    def __init__(self, folder: Path, config: StudyConfig, store: Store) -> None:
        """Use :meth:`create` or :meth:`open`."""
        self.folder = folder
        self.config = config
        self.store = store
        self._lock: FolderLock | None = None

    @classmethod
    def create(cls, folder: Path, config: StudyConfig) -> Study:
        """Make a new study and lock it for this process.

        Raises:
            UsageError: The folder holds something already.
            StoreError: The folder cannot be written.
        """
        check_new(folder, resumable=(folder / _DATABASE).exists())
        try:
            folder.mkdir(parents=True, exist_ok=True)
            store = Store(folder / _DATABASE, create=True)
            store.put_value(_CONFIG, to_yaml(config))
            part = folder / f".{_CONFIG}"
            part.write_text(to_yaml(config))
            part.replace(folder / _CONFIG)  # last and at once: a folder with a config is complete
        except OSError as error:
            raise StoreError(f"cannot write to {folder}: {error.strerror}. Give a writable folder with --out.") from error
        study = cls(folder, config, store)
        study._lock = FolderLock(folder)
        return study

    @classmethod
    def open(cls, folder: Path, *, write: bool = False) -> Study:
        """Open a study that exists.

        Args:
            folder: Its folder.
            write: Lock it for this process, to continue it.

        Raises:
            UsageError: There is no study in the folder.
            StoreError: It is damaged, or locked by another process.
        """
        if not is_study(folder):
            raise UsageError(_no_study(folder))
        store = Store(folder / _DATABASE)  # first: of another version, it names the one that opens it
        try:
            study = cls(folder, from_mapping(StudyConfig, read_yaml(folder / _CONFIG)), store)
            study._check_config()
            if write:
                study._lock = FolderLock(folder)
        except RewardsmithError:
            store.close()
            raise
        return study

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the database and let other processes in."""
        self.store.close()
        if self._lock is not None:
            self._lock.release()

    def claim(self, proposal: Proposal, number: int, iteration: int) -> Candidate:
        """The candidate of a proposal: the recorded one after a resume, else a new one.

        Raises:
            StoreError: The record says otherwise, so the study was made by another program or config.
        """
        identity = f"c{number:03d}"
        known = self.store.candidate(identity)
        if known is None:
            candidate = Candidate(identity, iteration, proposal.operator, proposal.parents)
            self.store.put_candidate(candidate)
            return candidate
        if (known.operator, known.parents) != (proposal.operator, proposal.parents):
            raise StoreError(
                f"{identity} is recorded as {known.operator} of {known.parents}, but the strategy now proposes {proposal.operator} of "
                f"{proposal.parents}. The config or the program changed since; start a new study."
            )
        return known

    def save(self, candidate: Candidate) -> None:
        """Commit a candidate's new state; an accepted program is also written as a file to read."""
        if candidate.source:
            path = self.folder / "candidates" / candidate.id / "reward.py"
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(candidate.source)
            except OSError as error:
                raise StoreError(f"cannot write {path}: {error.strerror}. Make room, then `{command('resume', self.folder)}`.") from error
        self.store.put_candidate(candidate)

    def evaluation_seed(self, purpose: str) -> int:
        """Picks the held-out episodes of the search, or those of the closing comparison; they have none in common."""
        return derive("evaluation", purpose, self.config.seed)

    def why_nothing(self, stopped: str) -> str:
        """Why no candidate has a score.

        Args:
            stopped: The limit that ended the search, or nothing.
        """
        if stopped:
            return (
                f"stopped by {stopped}, before any candidate had a score. "
                f"Raise the limit in {self.folder / _CONFIG}, then `{command('resume', self.folder)}`."
            )
        reasons = sorted({candidate.reason for candidate in self.candidates if candidate.reason}) or ["none was written."]
        return (
            f"all {self.config.candidates} candidates failed before they had a score, the first because: {reasons[0]} "
            f"See `{command('inspect', self.folder)}`."
        )

    def policy_path(self, identity: str) -> Path:
        """Where the policy of a candidate or final run is saved, absolute."""
        parent = "candidates" if self.store.candidate(identity) else "finals"
        return (self.folder / parent / identity / "policy.pt").absolute()

    def episodes_path(self, identity: str) -> Path:
        """Where some of a candidate's held-out episodes are kept, absolute."""
        return (self.folder / "candidates" / identity / "episodes.pt").absolute()

    def relative(self, path: str) -> str:
        """A path inside the study, as the store keeps it."""
        return str(Path(path).relative_to(self.folder.absolute())) if path else ""

    @property
    def candidates(self) -> list[Candidate]:
        """All candidates in the order they were proposed."""
        return self.store.candidates()

    @property
    def finals(self) -> list[FinalRun]:
        """The runs of the closing comparison."""
        return self.store.finals()

    @property
    def best(self) -> Candidate | None:
        """The candidate with the highest true score; the first of equals."""
        scored = [candidate for candidate in self.candidates if candidate.score]
        return max(scored, key=lambda c: c.score.mean if c.score else 0.0, default=None)

    @property
    def finished(self) -> bool:
        """Whether the search came to an end, by itself or by a limit, and its closing comparison after it."""
        return self.store.value("finished") is not None

    @property
    def usage(self) -> Usage:
        """What all language-model calls cost."""
        return sum((candidate.usage for candidate in self.candidates), Usage())

    def _check_config(self) -> None:
        """What the study found belongs to the config that it was made with."""
        made = self.store.value(_CONFIG)
        changed = made and from_mapping(StudyConfig, yaml.safe_load(made)).changed_terms(self.config)
        if changed:
            raise UsageError(f"{self.folder / _CONFIG} was changed: the study was made with another {changed}. Put it back.")


def _no_study(folder: Path) -> str:
    if not folder.exists():
        return f"there is no folder {folder}. Give the --out of a search or of a comparison."
    inside = [path.parent for pattern in (f"*/{_DATABASE}", f"studies/*/{_DATABASE}") for path in folder.glob(pattern)]
    if inside:
        return f"{folder} is not a study folder, but it holds studies. Name one, such as {min(inside)}."
    missing = " and ".join(name for name in (_CONFIG, _DATABASE) if not (folder / name).is_file())
    return f"{folder} is not a study folder ({missing} missing). Give the --out of a search or of a comparison."
