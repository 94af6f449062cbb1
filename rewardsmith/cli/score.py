"""``rewardsmith score STUDY [RUN ...]``: play again, on other episodes or by another scorer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tyro.conf import Positional

from rewardsmith.cli.actors import trained_run
from rewardsmith.cli.arguments import parse, print_json
from rewardsmith.cli.output import say, tell_progress, warn
from rewardsmith.cli.views import score_text
from rewardsmith.contracts import Device, ScoringJob, Workload
from rewardsmith.errors import UsageError
from rewardsmith.executors.collect import score_all
from rewardsmith.parts import RUNS, workload
from rewardsmith.records import HELD_OUT, Run, Score
from rewardsmith.registry import EXECUTORS, SCORERS, TASKS
from rewardsmith.seeds import derive
from rewardsmith.settings import effective_settings
from rewardsmith.store.record_checks import score_key
from rewardsmith.study import Study


@dataclass(frozen=True)
class ScoreOptions:
    """Score policies of a study again.

    The scores are kept beside those of the search, which stay what they are.
    """

    study: Positional[Path]
    """Folder of the study."""
    runs: Positional[tuple[str, ...]] = ("best",)
    """Which policies: a candidate such as c003, `best`, or a run such as c003-final-0."""
    scorer: str = HELD_OUT
    """Who scores: `heldout` is the true score."""
    seed: int = 0
    """Picks the episodes, none of which the study has played so far."""
    episodes: int = 512
    """Episodes per policy."""
    device: Device | None = None
    """Where to simulate; left out: where the study trained."""
    json: bool = False
    """Print JSON."""


@dataclass(frozen=True)
class Scored:
    """A run with a further score, as ``--json`` has it."""

    run: str
    score: Score


def run(arguments: list[str]) -> int:
    """Score what has no such score yet, and print all that were asked for."""
    options = parse(ScoreOptions, "score", arguments)
    if options.episodes < 1:
        raise UsageError(f"--episodes is {options.episodes}; give at least 1.")
    SCORERS.load(options.scorer)
    with Study.open(options.study, write=True) as study:
        runs = list({run.id: run for run in (trained_run(study, name) for name in options.runs)}.values())
        known = _known(study, runs, options)
        due = [run for run in runs if run.id not in known]
        kept = [run.id for run in runs if run.id in known]
        if due:
            known |= _score(study, due, options)
    if kept:
        warn(
            f"kept from before, nothing was played: {', '.join(kept)} on these {options.episodes} episodes "
            f"(--seed {options.seed}). Give another --seed for others."
        )
    scored = [Scored(run.id, known[run.id]) for run in runs]
    print_json(scored) if options.json else say("\n".join(map(_line, scored)))
    return 0


def _score(study: Study, runs: Sequence[Run], options: ScoreOptions) -> dict[str, Score]:
    """Play them, and keep every score as it comes."""
    executor = EXECUTORS.load(study.config.executor)(_workload(study, options))
    seed = _seed(options)
    jobs = [ScoringJob(run.id, str(study.policy_path(run)), seed, options.episodes) for run in runs]
    scores: dict[str, Score] = {}
    try:
        for name, score in score_all(executor, jobs):
            study.store.put_score(name, score)
            scores[name] = score
            tell_progress(f"{len(scores)} of {len(jobs)} policies scored")
    finally:
        executor.close()
    return scores


def _workload(study: Study, options: ScoreOptions) -> Workload:
    config = replace(study.config, device=options.device or study.config.device)
    task = TASKS.load(config.task)
    work = workload(
        config,
        effective_settings(task, config.trainer, config.device, config.training),
        task,
        study.folder.resolve() / RUNS,
    )
    return replace(work, scorer=options.scorer)


def _known(study: Study, runs: Sequence[Run], options: ScoreOptions) -> dict[str, Score]:
    scores, seed = study.store.scores(), _seed(options)
    found = {run.id: scores.get(score_key(run.id, options.scorer, seed)) for run in runs}
    return {name: score for name, score in found.items() if score and score.episodes == options.episodes}


def _seed(options: ScoreOptions) -> int:
    """Of episodes that no run of any study is scored on by itself."""
    return derive("evaluation", "again", options.seed)


def _line(scored: Scored) -> str:
    return f"{scored.run}: {score_text(scored.score)}"
