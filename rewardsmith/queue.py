"""What is trained, in which order, and against whom.

The order of an iteration comes from what screening recorded, and a candidate races against those of earlier iterations and those before
it in its own. All of that is in the store, so an interrupted study decides as an uninterrupted one does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rewardsmith.admission import check_prints
from rewardsmith.contracts import Observer, Race, TrainingJob
from rewardsmith.records import Candidate, State
from rewardsmith.screening.messages import Earlier, Fresh
from rewardsmith.screening.order import dropped, queue
from rewardsmith.screening.screen import screen
from rewardsmith.seeds import derive
from rewardsmith.study import Study
from rewardsmith.training.racing import with_rivals

_TRIED = (State.PROPOSED, State.REJECTED)
"""States without an accepted program; a candidate whose training failed may be in the first."""


def line_up(study: Study, iteration: int, observer: Observer) -> list[Candidate]:
    """The candidates of an iteration that have had an accepted program, in the order of the queue.

    Those that are not trained for their place in it are dropped on the way.
    """
    config = study.config
    peers = [c for c in study.candidates if c.iteration == iteration and (c.state not in _TRIED or c.trainings)]
    if config.screening == "off":
        return peers
    peers = _screened(study, peers, iteration, observer)
    places = queue([(candidate.id, candidate.screening) for candidate in peers], config.screen.twin)
    by_id = {candidate.id: candidate for candidate in peers}
    for identity in dropped(places, config.screen.drop if config.screening == "drop" else 0.0):
        if by_id[identity].state == State.ACCEPTED and not by_id[identity].trainings:
            by_id[identity] = replace(by_id[identity], state=State.DROPPED, reason="screening put it at the end of the queue")
            study.save(by_id[identity])
            observer.candidate(by_id[identity])
    return [by_id[identity] for identity in places]


def jobs(study: Study, queued: Sequence[Candidate], chosen: Sequence[Candidate]) -> list[TrainingJob]:
    """The trainings of some candidates of one iteration.

    Args:
        study: Holds the others.
        queued: The whole iteration in the order of the queue.
        chosen: Those that are due.
    """
    due = {candidate.id for candidate in chosen}
    earlier = [c.rungs for c in study.candidates if queued and c.iteration < queued[0].iteration]
    found: list[TrainingJob] = []
    for place, candidate in enumerate(queued):
        if candidate.id in due:
            before = [c.rungs for c in queued[:place] if c.trainings]
            job = job_of(study, candidate.id, candidate.program, derive("training", study.config.seed, candidate.id))
            episodes = str(study.episodes_path(candidate.id)) if study.config.screening != "off" else ""
            found.append(with_rivals(replace(job, episodes=episodes, first=not candidate.trainings), [*earlier, *before]))
    return found


def job_of(study: Study, identity: str, program: str, seed: int) -> TrainingJob:
    """One training, compared with nobody."""
    return TrainingJob(identity, program, seed, str(study.policy_path(identity)))


def race_of(study: Study) -> Race | None:
    """The race of a search, if there is one."""
    return study.config.race if study.config.racing == "on" else None


def _screened(study: Study, peers: Sequence[Candidate], iteration: int, observer: Observer) -> list[Candidate]:
    """The candidates with what their first accepted programs say of earlier iterations' episodes."""
    if all(candidate.screening or candidate.trainings for candidate in peers):
        return list(peers)
    played = [c for c in study.candidates if c.iteration < iteration and study.episodes_path(c.id).is_file()]
    earlier = [Earlier(c.id, c.program, str(study.episodes_path(c.id))) for c in played[-study.config.screen.remember :]]
    if not earlier:
        return list(peers)
    check_prints(study, *played, *peers)
    observer.stage(f"iteration {iteration}: screening {len(peers)} programs on what {len(earlier)} earlier candidates played")
    found = screen(earlier, [Fresh(candidate.id, candidate.program) for candidate in peers])
    screened: list[Candidate] = []
    for candidate in peers:
        if candidate.screening is None and not candidate.trainings and candidate.id in found:
            candidate = replace(candidate, screening=found[candidate.id])
            study.save(candidate)
        screened.append(candidate)
    return screened
