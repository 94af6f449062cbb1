"""Policies that are carried on: whose a training begins from, and what became of them.

Only trainings of the search do. Those that choose and tell of a winner begin from scratch, so that
a report compares like with like.
"""

from __future__ import annotations

from contextlib import closing

from rewardsmith.capabilities import make_one
from rewardsmith.contracts import Task
from rewardsmith.errors import StoreError, UsageError
from rewardsmith.records import Candidate, Purpose, Run, RunState, Trial
from rewardsmith.study import Study


def told_before(study: Study, asked: str = "") -> set[str]:
    """Candidates of which the strategy was told before it proposed one; without that, so far."""
    told = set[str]()
    for event in study.store.events():
        if event.kind == "asked" and asked in event.candidates:
            break
        if event.kind == "told":
            told.update(event.candidates)
    return told


def start_of(study: Study, candidate: Candidate) -> str:
    """The run whose policy a candidate's trainings in the search begin from; nothing: scratch.

    As `--start-policy` says: of its parents, or of all that were trained to the end, the one whose
    own policy scored highest, the first of equals. That is not the fitness of its program, which
    other seeds have a part in. Only what the strategy was told of before it proposed the candidate
    is looked at, so that an interrupted search decides the same.
    """
    rule = study.config.start_policy
    if rule == "scratch":
        return ""
    told = told_before(study, candidate.id)
    saved = [trial for trial in study.trials if trial.id in told and trial.run and trial.run.policy]
    usable = [t for t in saved if (t.id in candidate.parents if rule == "parent" else t.score)]
    best = max(usable, key=_own_score, default=None)
    return best.run.id if best and best.run else ""


def _own_score(trial: Trial) -> float:
    """What the policy of a candidate's last run scored at its end, or where racing ended it."""
    found = trial.score or (trial.rung.score if trial.rung else None)
    return found.mean if found else float("-inf")


def start_file(study: Study, run: Run, task: Task) -> str:
    """Where the policy is that a run begins from, an absolute path; nothing: it begins from none.

    Raises:
        StoreError: It is gone, damaged or of another task. That is found before a job is sent, so
            that no program is blamed for it.
    """
    if not run.start:
        return ""
    from rewardsmith.training import policy_file  # imports torch, for which help texts do not wait

    before = study.store.runs().get(run.start)
    way = "Restore the study from a copy, or start a new one."
    if before is None or not before.policy:
        raise StoreError(f"{run.id} is to begin from the policy of {run.start}, which has none. {way}")
    path = study.policy_path(before)
    try:
        with closing(make_one(task)) as env:
            policy_file.load(path, env)
    except UsageError as error:
        raise StoreError(f"{run.id} cannot begin from the policy of {run.start}: {error} {way}") from error
    return str(path)


def line_of_runs(study: Study, run: Run) -> list[Run]:
    """A run and those that its policy was carried on from, the oldest first.

    Where they go round in a circle, once round.
    """
    runs, line = study.store.runs(), {run.id: run}
    while (before := runs.get(next(reversed(line.values())).start)) and before.id not in line:
        line[before.id] = before
    return list(reversed(line.values()))


def best_policy(study: Study) -> Run | None:
    """The run with the highest true score among all of candidates, whatever it was for.

    The first of equals. As the best of many it is biased upwards.
    """
    usable = [run for run in study.runs if run.state == RunState.TRAINED and run.policy]
    scored = {
        run.id: (score.mean, run)
        for run in usable
        if run.purpose != Purpose.BASELINE and (score := study.score(run))
    }
    return max(scored.values(), key=lambda one: one[0])[1] if scored else None
