"""What is trained, in which order, and against whom.

The order of an iteration comes from what screening recorded, and a candidate races against those
that were queued before it. All of that is in the store, so an interrupted study decides as an
uninterrupted one does.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, replace

from rewardsmith.admission import admitted, check_prints
from rewardsmith.contracts import Observer, ScoringJob, TrainingJob
from rewardsmith.heritage import start_file, start_of
from rewardsmith.parts import Parts
from rewardsmith.records import Candidate, CandidateState, Purpose, Run, RunState, program_hash, run_id
from rewardsmith.screening.order import dropped, queue
from rewardsmith.screening.screen import screen
from rewardsmith.screening.screen_orders import Earlier, Fresh
from rewardsmith.seeds import derive
from rewardsmith.study import Study
from rewardsmith.training.racing import with_rivals


def closed(study: Study, parts: Parts) -> bool:
    """Whether an iteration is trained only once all of it is written.

    Screening orders whole iterations. And a race is held in the order of the proposals, whoever was
    written first.
    """
    return parts.strategy.barrier and (study.config.racing == "on" or study.config.screening != "off")


def ready(study: Study, parts: Parts, names: Collection[str], observer: Observer) -> list[Candidate]:
    """Accepted candidates that have no run for their program yet, in the order of their training.

    Those that screening puts at the end are dropped on the way, where the config says so.

    Args:
        study: Holds them.
        parts: Of the search.
        names: Candidates that the strategy was not told of yet: no others can be due.
        observer: Hears of what is dropped.
    """
    known = study.store.candidates()
    candidates = [known[name] for name in names]
    runs = study.runs_for(Purpose.SEARCH, Purpose.TUNED)
    begun = {(run.subject, run.program) for run in runs if run.subject in names}
    found: list[Candidate] = []
    for iteration in dict.fromkeys(c.iteration for c in candidates if c.state == CandidateState.ACCEPTED):
        peers = [candidate for candidate in candidates if candidate.iteration == iteration]
        due = [
            c
            for c in peers
            if c.state == CandidateState.ACCEPTED and (c.id, program_hash(c.program)) not in begun
        ]
        if not due or (closed(study, parts) and any(c.state == CandidateState.PROPOSED for c in peers)):
            continue
        found += due if study.config.screening == "off" else _queued(study, due, iteration, observer)
    return found


def new_run(parts: Parts, subject: str, program: str, purpose: Purpose, number: int, seed: int) -> Run:
    """A run that is about to be queued."""
    steps = parts.settings.whole_steps
    settings = asdict(parts.settings)
    settings["device"] = settings.pop("device")  # the last, as in all studies
    name = run_id(subject, purpose, number)
    return Run(
        name, subject, program_hash(program), purpose, seed, settings=json.dumps(settings), due_steps=steps
    )


def search_run(study: Study, parts: Parts, candidate: Candidate) -> Run:
    """The next run of a candidate in the search.

    Repaired programs have the seed of the first, and begin from the same policy.
    """
    number = sum(run.subject == candidate.id for run in study.runs_for(Purpose.SEARCH))
    seed = derive("training", study.config.seed, candidate.id)
    run = new_run(parts, candidate.id, candidate.program, Purpose.SEARCH, number, seed)
    return replace(run, start=start_of(study, candidate))


def submit(study: Study, parts: Parts, run: Run, program: str) -> None:
    """Hand a run to the executor: to be trained, or only to be scored where its policy is saved.

    Raises:
        StoreError: The policy that it begins from cannot be used.
    """
    scoring = scoring_job(study, run)
    if run.state == RunState.TRAINED:
        parts.executor.score(scoring)
        return
    races = study.config.races(run.purpose)
    job = TrainingJob(
        run=run.id,
        program=program,
        seed=run.seed,
        policy=str(study.policy_path(run)),
        evaluation_seed=scoring.seed,
        episodes=scoring.kept,
        race=study.config.race if races else None,
        group=run.subject if run.purpose == Purpose.TUNE else "",
        repeats=_first_of(run),
        start=start_file(study, run, parts.task),
        start_share=study.config.start_share,
    )
    parts.executor.train(_against(study, job, run) if races else job, scoring)


def scoring_job(study: Study, run: Run) -> ScoringJob:
    """How a run is scored.

    Some of its episodes are kept where later programs are screened on them.
    """
    kept = str(study.episodes_path(run)) if study.config.keeps_episodes(run.purpose) else ""
    policy = str(study.policy_path(run))
    return ScoringJob(run.id, policy, study.evaluation_seed(run.purpose), study.config.episodes, kept)


def program_of(study: Study, parts: Parts, candidate: Candidate) -> str:
    """The program of a candidate, once the guard has seen it as it is now.

    Raises:
        StoreError: The guard refuses it.
    """
    return admitted(study, parts, candidate).program


def _against(study: Study, job: TrainingJob, run: Run) -> TrainingJob:
    """The job with what is known of those that were queued before it and are at their end."""
    before: dict[str, Run] = {}
    for other in study.runs_for(run.purpose):
        if other.id == run.id:
            break
        alike = other.subject == run.subject if run.purpose == Purpose.TUNE else other.first
        if alike and other.state.ended:
            before[other.id] = other
    return with_rivals(job, {name: other.rungs for name, other in before.items()})


def _first_of(run: Run) -> str:
    """The run that a later one of the same candidate repeats; settings repeat none."""
    return "" if run.first or run.purpose == Purpose.TUNE else run_id(run.subject, run.purpose, 0)


def _queued(study: Study, due: Sequence[Candidate], iteration: int, observer: Observer) -> list[Candidate]:
    """Candidates of an iteration in the order of the queue, without those that are dropped."""
    begun = {run.subject for run in study.runs_for(Purpose.SEARCH)}
    whole = [candidate for candidate in study.candidates if candidate.iteration == iteration]
    # of so many, whoever was dropped before an interruption
    seen = (CandidateState.ACCEPTED, CandidateState.DROPPED)
    peers = [candidate for candidate in whole if candidate.state in seen or candidate.id in begun]
    peers = _screened(study, peers, iteration, begun, observer)
    places = queue([(candidate.id, candidate.screening) for candidate in peers], study.config.screen.twin)
    by_id = {candidate.id: candidate for candidate in peers}
    for identity in dropped(places, study.config.screen.drop if study.config.screening == "drop" else 0.0):
        if identity not in begun and by_id[identity].state == CandidateState.ACCEPTED:
            reason = "screening put it at the end of the queue"
            by_id[identity] = replace(by_id[identity], state=CandidateState.DROPPED, reason=reason)
            study.save(by_id[identity])
            _tell(study, identity, observer)
    wanted = {candidate.id for candidate in due}
    return [by_id[name] for name in places if name in wanted and by_id[name].state == CandidateState.ACCEPTED]


def _screened(
    study: Study, peers: Sequence[Candidate], iteration: int, begun: set[str], observer: Observer
) -> list[Candidate]:
    """Candidates with what their first accepted programs say of earlier iterations' episodes."""
    if all(candidate.screening or candidate.id in begun for candidate in peers):
        return list(peers)
    earlier = [trial for trial in study.trials if trial.candidate.iteration < iteration and trial.run]
    played = [(trial, study.episodes_path(trial.run)) for trial in earlier if trial.run]
    played = [(trial, path) for trial, path in played if path.is_file()][-study.config.screen.remember :]
    if not played:
        return list(peers)
    check_prints(study, *(trial.candidate for trial, _ in played), *peers)
    observer.stage(
        f"iteration {iteration}: screening {len(peers)} programs on what {len(played)} earlier candidates "
        "played"
    )
    known = [Earlier(trial.id, trial.candidate.program, str(path)) for trial, path in played]
    found = screen(known, [Fresh(candidate.id, candidate.program) for candidate in peers])
    screened: list[Candidate] = []
    for candidate in peers:
        if candidate.screening is None and candidate.id not in begun and candidate.id in found:
            candidate = replace(candidate, screening=found[candidate.id])
            study.save(candidate)
        screened.append(candidate)
    return screened


def _tell(study: Study, identity: str, observer: Observer) -> None:
    if trial := study.trial(identity):
        observer.trial(trial)
