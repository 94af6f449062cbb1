"""What a person sees while a search runs: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from rewardsmith.cli.output import say
from rewardsmith.cli.views import candidate_table, label
from rewardsmith.contracts import TrainingProgress
from rewardsmith.records import CandidateState, Run, RunState, Score, Trial
from rewardsmith.reports.advice import baselines_known, has_metric, told_from_zero
from rewardsmith.reports.summary import row
from rewardsmith.shown import count, number, one_line
from rewardsmith.study import Study

LOG_EVERY_S = 10.0
"""Between two lines of a log about the same training."""
_UNDER_WAY = (CandidateState.ACCEPTED, RunState.QUEUED, RunState.RUNNING, RunState.LOST)
"""States of candidates that may be in training just now."""
_LINE = 600
"""Characters of a line of the log, at most."""
_AROUND = 10
"""Lines of the live view beside those of candidates: title,
head, legend, status, and some reasons."""


@dataclass
class Clock:
    """Estimates the time left from the environment steps done and due."""

    due: int
    done: int = 0
    batch: int = 0
    """Steps done in the running batch."""
    training_s: float = 0.0
    _last: float = field(default_factory=time.monotonic)

    def tick(self, progress: TrainingProgress | None) -> None:
        """Note progress; ``None`` when no training ran since the last call."""
        now = time.monotonic()
        if progress is not None:
            self.training_s += now - self._last
            if progress.env_steps and progress.env_steps < self.batch:
                self.close_batch()  # another one began
            self.batch = progress.env_steps or self.batch
        self._last = now

    def close_batch(self) -> None:
        """Count the running batch as done."""
        self.done, self.batch = self.done + self.batch, 0

    @property
    def left(self) -> str:
        """Such as ``3 min left``; empty before there is anything to go by."""
        known = self.done + self.batch
        if not known or self.training_s < 1.0:
            return ""
        seconds = max(0.0, (self.due - known) * self.training_s / known)
        return f"about {seconds:.0f} s left" if seconds < 90 else f"about {seconds / 60:.0f} min left"


def watch(study: Study, env_steps: int, console: Console) -> PlainObserver | LiveObserver:
    """The observer that suits where the output goes.

    Args:
        study: New, or one that is resumed: what it has already is shown, too.
        env_steps: Environment steps of a training.
        console: Where the output goes.
    """
    return LiveObserver(study, env_steps, console) if console.is_terminal else PlainObserver(study, env_steps)


def _clock(study: Study, env_steps: int) -> Clock:
    """Counts what is left to train."""
    made = sum(run.state.ended for run in study.runs)
    most = study.config.candidates
    if study.config.max_steps is not None:
        most = min(most, study.config.max_steps // env_steps)
    after = study.config.final_trainings(len(baselines_known(study.config.task)))
    return Clock(max(0, most + after - made) * env_steps)


class PlainObserver:
    """Log lines for files, pipes and continuous integration."""

    def __init__(self, study: Study, env_steps: int) -> None:
        """Print nothing yet."""
        self._clock = _clock(study, env_steps)
        self._started = time.monotonic()
        self._last = 0.0
        self._metric = has_metric(study.config.task)
        self._best = better(None, study.best, self._metric)

    def __enter__(self) -> PlainObserver:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def stage(self, text: str) -> None:
        """Announce the stage."""
        self._clock.close_batch()
        self._clock.tick(None)
        self._say(text)

    def note(self, text: str) -> None:
        """A line."""
        self._say(text)

    def trial(self, trial: Trial) -> None:
        """One line per transition."""
        self._best = better(self._best, trial, self._metric)
        score = f" score {number(trial.score.mean)}" if trial.score else ""
        reason = f" ({trial.cause})" if trial.cause else ""
        repair = ", being repaired" if trial.in_repair else ""
        self._say(f"{label(trial.id)} {trial.state}{repair}{score}{reason}")

    def progress(self, progress: TrainingProgress) -> None:
        """A line now and then."""
        self._clock.tick(progress)
        if progress.note:
            self._say(progress.note)
        elif time.monotonic() - self._last >= LOG_EVERY_S:
            self._last = time.monotonic()
            best = f"best so far {best_text(self._best)}"
            self._say(", ".join(filter(None, (progress_text(progress), best, self._clock.left))))

    def run(self, run: Run, score: Score | None) -> None:
        """One line per run."""
        found = f"SCORED score {number(score.mean)}" if score else f"{run.label} ({run.cause})"
        self._say(f"{label(run.id)} {found}")

    def _say(self, text: str) -> None:
        say(f"[{time.monotonic() - self._started:6.1f} s] {one_line(text, _LINE)}", flush=True)


class LiveObserver:
    """A table that redraws itself."""

    def __init__(self, study: Study, env_steps: int, console: Console) -> None:
        """Draw on ``console`` between ``with`` and its end."""
        self._title = " · ".join(map(label, (study.config.task, study.config.strategy, study.config.writer)))
        self._clock = _clock(study, env_steps)
        self._trials = {trial.id: trial for trial in study.trials}
        self._success: dict[str, float | None] = {}
        self._metric = has_metric(study.config.task)
        self._best = better(None, study.best, self._metric)
        self._stage = self._progress = self._note = ""
        self._console = console
        self._live = Live(console=console, auto_refresh=False, transient=True)

    def __enter__(self) -> LiveObserver:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def stage(self, text: str) -> None:
        """Show the stage."""
        self._clock.close_batch()
        self._clock.tick(None)
        self._stage, self._progress, self._note = text, "", ""
        self._draw()

    def note(self, text: str) -> None:
        """Show it until the next one."""
        self._note = text
        self._draw()

    def trial(self, trial: Trial) -> None:
        """Update its line."""
        self._trials[trial.id] = trial
        self._best = better(self._best, trial, self._metric)
        self._draw()

    def progress(self, progress: TrainingProgress) -> None:
        """Update the bar and the training score of each line."""
        self._clock.tick(progress)
        self._note = progress.note or self._note
        if progress.total_steps:
            self._progress = progress_text(progress)
            self._success = {name.partition("-")[0]: success for name, success in progress.success}
        self._draw()

    def run(self, run: Run, score: Score | None) -> None:
        """Show the run in the status line."""
        self._stage = f"{label(run.id)}: {run.label}" + (f" {number(score.mean)}" if score else "")
        self._draw()

    def _draw(self) -> None:
        room = max(1, self._console.height - _AROUND)  # more would push the newest ones out of sight
        rows = [row(trial) for trial in list(self._trials.values())[-room:]]
        rows = [
            replace(r, training_success=self._success.get(r.id)) if r.state in _UNDER_WAY else r for r in rows
        ]
        status = "  ".join(part for part in (self._stage, self._progress, self._clock.left) if part)
        best = self._best.id if self._best else None
        head = Text(f"{self._title}   best so far: {best_text(self._best)}", style="bold")
        lines = [Text(one_line(status), style="cyan")]
        if self._note:
            lines.append(Text(one_line(self._note, _LINE), style="yellow"))
        self._live.update(Group(head, candidate_table(rows, best), *lines), refresh=True)


def better(best: Trial | None, trial: Trial | None, metric: bool) -> Trial | None:
    """The candidate with the higher score; the earlier one of equals.

    One that cannot be told from failure is none (see :func:`told_from_zero`).
    """
    score = trial.score if trial else None
    if score is None or not told_from_zero(score.mean, score.standard_error, has_metric=metric):
        return best
    return trial if best is None or best.score is None or score.mean > best.score.mean else best


def best_text(best: Trial | None) -> str:
    """Such as ``c003 0.910 (true score)``."""
    return f"{label(best.id)} {number(best.score.mean)} (true score)" if best and best.score else "none yet"


def progress_text(progress: TrainingProgress) -> str:
    """Steps done by all slots together, and how the best one does while it still explores."""
    known = [success for _, success in progress.success if success is not None]
    lead = f", {number(max(known), 2)} while exploring (the best in training)" if known else ""
    return f"{count(progress.env_steps)} of {count(progress.total_steps)} steps{lead}"
