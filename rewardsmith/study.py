"""A study: one search in one folder that can be copied, resumed and opened anywhere."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from types import TracebackType
from typing import Self

from rewardsmith.config import StudyConfig
from rewardsmith.config_file import from_mapping, read_yaml, short, to_yaml
from rewardsmith.errors import RewardsmithError, StoreError, UsageError
from rewardsmith.files import check_plain, remove, write_whole
from rewardsmith.fitness import Beliefs
from rewardsmith.lock import FolderLock, begin, is_held
from rewardsmith.people import add
from rewardsmith.records import HELD_OUT, IN_SEARCH, Candidate, Given, Purpose, Run, Score, Trial, best_of
from rewardsmith.registry import TASKS
from rewardsmith.reward.standalone import standalone
from rewardsmith.seeds import derive
from rewardsmith.shown import command
from rewardsmith.store.old import open_store
from rewardsmith.store.packed import packed_path
from rewardsmith.store.record_checks import policy_file, score_key
from rewardsmith.store.sqlite import Store
from rewardsmith.study_folder import CONFIG, DATABASE, UNBORN, is_half_made, is_study, no_study
from rewardsmith.study_values import IDENTITY, check_config, check_values
from rewardsmith.usage import Usage

_DEPTH = 3
"""``runs/<id>/<file>``."""


class Study:
    """The study in a folder.

    It is ``config.yaml`` (the effective config), ``study.db`` (the truth), ``candidates/<id>/``
    and ``runs/<id>/``.
    """

    def __init__(self, folder: Path, config: StudyConfig, store: Store) -> None:
        """Use :meth:`create` or :meth:`open`."""
        self.folder = folder
        self.config = config
        self.store = store
        self.horizon = config.candidates
        """Candidates that it was made for: schedules run over these, however many it has now."""
        self._root = folder.resolve()
        self._lock: FolderLock | None = None
        self._noted_s = float("-inf")

    @classmethod
    def create(cls, folder: Path, config: StudyConfig, given: Sequence[Given] = ()) -> Study:
        """Make a new study and lock it for this process.

        Args:
            folder: It must not exist, or be empty.
            config: Of the search.
            given: Programs that are its first candidates.

        Raises:
            UsageError: The folder holds something already.
            StoreError: The folder cannot be written.
        """
        try:
            lock = begin(folder, is_half_made, resumable=is_study)
            try:
                unborn = Store(folder / UNBORN, create=True)
                unborn.put_value(CONFIG, to_yaml(config))
                unborn.put_value(IDENTITY, secrets.token_hex(16))
                for program in given:
                    add(unborn, program)
                unborn.close()
                TASKS.keep(config.task, folder)
                write_whole(folder.resolve() / CONFIG, to_yaml(config).encode(), durable=True)
                # last and at once: a folder with a database is complete
                (folder / UNBORN).replace(folder / DATABASE)
                study = cls(folder, config, Store(folder / DATABASE))
            except BaseException:
                lock.release()
                raise
        except OSError as error:
            raise StoreError(
                f"cannot write to {folder}: {error.strerror}. Give a writable folder with --out."
            ) from error
        study._lock = lock
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
        databases = (folder / DATABASE, packed_path(folder / DATABASE))
        if not os.path.lexists(folder / CONFIG) or not any(map(os.path.lexists, databases)):
            raise UsageError(no_study(folder))
        check_plain(folder, _DEPTH, write=write)
        # first: of another version, it names the one that opens it
        store = open_store(folder / DATABASE, write=write)
        try:
            study = cls(folder, from_mapping(StudyConfig, read_yaml(folder / CONFIG)), store)
            store.place_scores(lambda run: study.evaluation_seed(run.purpose))
            TASKS.find(folder)
            study.horizon = check_config(folder, study.config, store)
            check_values(folder, store)
            if write:
                study._lock = FolderLock(folder)
        except RewardsmithError:
            store.close()
            raise
        return study

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the database and let other processes in."""
        self.store.close()
        if self._lock is not None:
            self._lock.release()

    def save(self, candidate: Candidate) -> None:
        """Commit a candidate's new state.

        An accepted program, as it is compiled, is also written as a file for people.
        """
        path = self._root / "candidates" / candidate.id / "reward.py"
        try:
            if candidate.program:
                text = standalone(candidate.program, self.config.task)
                write_whole(path, text.encode(errors="replace"))
            elif os.path.lexists(path):
                remove(path)  # of a draft before this one
        except OSError as error:
            raise StoreError(
                f"cannot write {path}: {error.strerror}. Make room, then `{command('resume', self.folder)}`."
            ) from error
        self.store.put_candidate(candidate)

    def evaluation_seed(self, purpose: Purpose) -> int:
        """Picks the held-out episodes of all runs for a purpose.

        No two purposes share one; winner and baselines are compared, so these play the same.
        """
        shared = Purpose.FINAL if purpose == Purpose.BASELINE else purpose
        return derive("evaluation", shared.value, self.config.seed)

    def note_seconds(self, seconds: float) -> None:
        """Keep how long it took, once a second at most: its limit of hours outlives a kill."""
        if seconds - self._noted_s >= 1.0:
            self._noted_s = seconds
            self.store.put_value("seconds", f"{seconds:.1f}")

    def why_nothing(self, stopped: str) -> str:
        """Why no candidate has a score.

        Args:
            stopped: The limit that ended the search, or nothing.
        """
        if stopped:
            return (
                f"stopped by {stopped}, before any candidate had a score. "
                f"To go on with a higher one: `{command('resume', self.folder)} --max-usd USD`, "
                "--max-tokens or --max-hours."
            )
        reasons = sorted({trial.cause for trial in self.trials if trial.cause}) or ["none was written."]
        return (
            f"all {self.config.candidates} candidates failed before they had a score, the first "
            f"because: {reasons[0]} See `{command('inspect', self.folder)}`."
        )

    def policy_path(self, run: Run) -> Path:
        """Where the policy of a run is, or goes: absolute, and no part of it a link."""
        return self._root / (run.policy or policy_file(run.id))

    def episodes_path(self, run: Run) -> Path:
        """Where some of a run's held-out episodes are kept: absolute, and no part of it a link."""
        return self.policy_path(run).with_name("episodes.pt")

    def relative(self, path: str) -> str:
        """A path inside the study, as the store keeps it.

        Raises:
            StoreError: It is elsewhere.
        """
        if path and not Path(path).is_relative_to(self._root):
            raise StoreError(f"{short(path)} is not in the study {self._root}, where its policies are.")
        return str(Path(path).relative_to(self._root)) if path else ""

    @property
    def identity(self) -> str:
        """Random digits that no other study has but its copies.

        Nothing for studies from before they had one.
        """
        return self.store.value(IDENTITY) or ""

    @property
    def candidates(self) -> list[Candidate]:
        """All candidates in the order they were proposed."""
        return list(self.store.candidates().values())

    @property
    def runs(self) -> list[Run]:
        """All runs in the order they were queued."""
        return list(self.store.runs().values())

    def runs_for(self, *purposes: Purpose) -> list[Run]:
        """All runs for some purposes, in the order they were queued."""
        return [run for run in self.runs if run.purpose in purposes]

    def score(self, run: Run) -> Score | None:
        """The true score of a run on the episodes of its purpose."""
        return self._score(run, self.store.scores())

    def _score(self, run: Run, scores: Mapping[str, Score]) -> Score | None:
        return scores.get(score_key(run.id, HELD_OUT, self.evaluation_seed(run.purpose)))

    @property
    def trials(self) -> list[Trial]:
        """All candidates with what became of them, in the order they were proposed."""
        runs: dict[str, list[Run]] = {}
        for run in self.runs_for(*IN_SEARCH):
            runs.setdefault(run.subject, []).append(run)
        scores = self.store.scores()
        trials = [self._trial(candidate, runs.get(candidate.id, ()), scores) for candidate in self.candidates]
        return Beliefs(self.config.fitness).told(trials)

    def trial(self, identity: str) -> Trial | None:
        """One candidate with what became of it."""
        candidate = self.store.candidates().get(identity)
        runs = [run for run in self.runs_for(*IN_SEARCH) if run.subject == identity]
        return self._trial(candidate, runs, self.store.scores()) if candidate else None

    def _trial(self, candidate: Candidate, runs: Sequence[Run], scores: Mapping[str, Score]) -> Trial:
        fresh = [run for run in runs if run.purpose == Purpose.TUNED]
        better = fresh[1:] if candidate.tuned and not candidate.tuned.kept else []
        same = fresh[:1] if candidate.tuned and candidate.tuned.kept else []
        own = (*(run for run in runs if run.purpose == Purpose.SEARCH), *better)
        same += [run for run in runs if run.purpose == Purpose.CONFIRM]
        score = self._score(own[-1], scores) if own else None
        confirmed = tuple(filter(None, (self._score(run, scores) for run in same)))
        return Trial(candidate, own, score, tuple(run for run in runs if run not in own), confirmed)

    @property
    def best(self) -> Trial | None:
        """The candidate of highest fitness in the search; the first of equals."""
        return best_of(self.trials)

    @property
    def winner(self) -> Trial | None:
        """The finalist with the highest mean over its fresh runs.

        Without finalists the best of the search.
        """
        means = self.finalists
        return self.trial(max(means, key=lambda name: means[name])) if means else self.best

    @property
    def finalists(self) -> dict[str, float]:
        """Mean true score over fresh seeds of all that trained again, the search's best first."""
        scores: dict[str, list[float]] = {}
        for run in self.runs_for(Purpose.FINALIST):
            if score := self.score(run):
                scores.setdefault(run.subject, []).append(score.mean)
        return {name: fmean(values) for name, values in scores.items()}

    def usage_of(self, candidate: str) -> Usage:
        """What the language-model calls for one candidate cost."""
        return sum((call.usage for call in self.store.calls() if call.candidate == candidate), Usage())

    @property
    def finished(self) -> bool:
        """Whether the search ended, by itself or by a limit, and its closing comparison, too."""
        return bool(self.store.value("finished"))

    @property
    def interrupted(self) -> bool:
        """Whether it is not at its end and no process works on it."""
        return not self.finished and not is_held(self.folder)

    @property
    def usage(self) -> Usage:
        """What all language-model calls cost."""
        return sum((call.usage for call in self.store.calls()), Usage())
