"""The engine of the population trainer: jobs enter free slots, learn side by side, and leave.

What a job gives hangs on the job alone (see :class:`Population`), so neither the number of slots nor who shares them decides
anything, and the order of the queue is all that racing looks at.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

from rewardsmith.contracts import Race, TrainingJob, TrainingProgress, TrainingSettings
from rewardsmith.records import Rung, State, TrainingResult
from rewardsmith.seeds import derive
from rewardsmith.training import episodes
from rewardsmith.training.evaluation import Outcome
from rewardsmith.training.policy_file import save_slot
from rewardsmith.training.population.lane import Lane, Lanes
from rewardsmith.training.population.patience import note_rest, slow
from rewardsmith.training.population.slot import Slot
from rewardsmith.training.racing import Racetrack


class Engine:
    """One queue of jobs on one or more lanes."""

    def __init__(
        self, lanes: Lanes, settings: TrainingSettings, scored_on: int, jobs: Sequence[TrainingJob], seed: int, race: Race | None
    ) -> None:
        """Nothing has begun.

        Args:
            lanes: Empty ones, where jobs are trained.
            settings: PPO settings, the same for every job.
            scored_on: Held-out episodes of a finished training.
            jobs: The queue.
            seed: Picks the held-out episodes.
            race: Ends hopeless trainings early.
        """
        self._lanes, self._settings, self._scored_on, self._seed, self._race = lanes, settings, scored_on, seed, race
        self._queue = deque(Slot(job, settings) for job in jobs)
        self._track = Racetrack(race, jobs, settings.epochs)
        self._due_steps = len(jobs) * settings.epochs * settings.epoch_steps
        self._ended_steps = 0
        self._rungs: list[tuple[str, Rung]] = []

    def run(self) -> Iterator[tuple[list[TrainingResult], TrainingProgress]]:
        """Train until every job has a result; after each round, who ended and how far all are."""
        while self._queue or self._training:
            refused = self._fill()
            self._advance()
            success = tuple((slot.job.candidate, slot.curves.recent_success) for slot in self._training)
            yield [*refused, *self._settle()], self._progress(success)

    @property
    def _training(self) -> list[Slot]:
        return [slot for lane in self._lanes for slot in lane.population.slots]

    def _fill(self) -> list[TrainingResult]:
        """Jobs enter free slots, each where most are free; a program that does not compile never does."""
        entering: dict[Lane, list[Slot]] = {lane: [] for lane in self._lanes}
        refused: list[TrainingResult] = []
        while self._queue:
            lane = max(self._lanes, key=lambda lane: lane.free - len(entering[lane]))
            if lane.free == len(entering[lane]):
                break
            slot = self._queue.popleft()
            if slot.proxy.failure is None:
                entering[lane].append(slot)
            else:
                refused.append(self._result(slot))
        for lane, slots in entering.items():
            lane.population.exchange((), slots)
        return refused

    def _advance(self) -> None:
        """One epoch of every slot, lanes side by side."""
        started = time.monotonic()
        self._lanes.side_by_side(Lane.epoch)
        slots = self._training
        self._share(started, slots)
        note_rest(slots, time.monotonic() - started)

    def _settle(self) -> list[TrainingResult]:
        """Who failed, was evicted or is done leaves, with a result."""
        results: list[TrainingResult] = []
        for slot in slow(self._training):
            slot.proxy.fail(State.TIMED_OUT, f"computing the reward took {slot.reward_s:.2f} s per update, far longer than all else")
        leaving = {slot for slot in self._training if slot.proxy.failure}
        results += [self._result(slot) for slot in self._training if slot in leaving]
        for slot, cause, outcome in self._evicted([slot for slot in self._training if slot not in leaving]):
            leaving.add(slot)
            self._keep(slot, outcome)
            results.append(self._result(slot, State.EVICTED, cause))
        done = [slot for slot in self._training if slot not in leaving and slot.epochs == self._settings.epochs]
        for slot, outcome in self._outcomes(done, self._scored_on, self._seed):
            leaving.add(slot)
            self._keep(slot, outcome)
            results.append(self._result(slot, State.SCORED, outcome=outcome))
        for lane in self._lanes:
            lane.population.exchange([slot for slot in lane.population.slots if slot in leaving], ())
        return results

    def _evicted(self, slots: Sequence[Slot]) -> Iterator[tuple[Slot, str, Outcome]]:
        """Those who reached a rung at which too many were better, and why."""
        rungs = {slot: rung for slot in slots if (rung := self._track.rung(slot.epochs)) is not None}
        if not rungs or self._race is None:
            return
        outcomes = dict(self._outcomes(list(rungs), self._race.episodes, derive("rung", self._seed)))
        by_job = {slot.job: slot for slot in rungs}
        for job in self._track.in_order(list(by_job)):
            slot = by_job[job]
            rung = self._track.arrive(rungs[slot], job, slot.epochs * self._settings.epoch_steps, outcomes[slot].score)
            slot.rungs.append(rung)
            self._rungs.append((job.candidate, rung))
            if cause := self._track.verdict(rung):
                yield slot, cause, outcomes[slot]

    def _outcomes(self, slots: Sequence[Slot], count: int, seed: int) -> list[tuple[Slot, Outcome]]:
        """Held-out episodes of some slots, lanes side by side."""
        if not slots:
            return []
        started = time.monotonic()

        def play(lane: Lane) -> list[tuple[Slot, Outcome]]:
            own = [slot for slot in lane.population.slots if slot in slots]
            return list(zip(own, lane.score(own, count, seed), strict=True))

        outcomes = [pair for played in self._lanes.side_by_side(play) for pair in played]
        self._share(started, slots)
        return outcomes

    def _keep(self, slot: Slot, outcome: Outcome) -> None:
        """Files of a training that came to an end."""
        lane = next(lane for lane in self._lanes if slot in lane.population.slots)
        save_slot(Path(slot.job.policy), lane.population.trained([slot]), 0, self._settings.hidden)
        if slot.job.episodes:
            episodes.save(Path(slot.job.episodes), outcome.episodes)

    def _result(self, slot: Slot, state: State | None = None, cause: str = "", outcome: Outcome | None = None) -> TrainingResult:
        steps = slot.epochs * self._settings.epoch_steps
        self._ended_steps += steps
        self._due_steps -= self._settings.epochs * self._settings.epoch_steps - steps
        return TrainingResult(
            candidate=slot.job.candidate,
            state=slot.proxy.failure or state or State.SCORED,
            seed=slot.job.seed,
            env_steps=steps,
            wall_s=slot.wall_s,
            components=slot.curves.components(),
            progress=slot.curves.progress(),
            score=outcome.score if outcome else None,
            policy=slot.job.policy if state else "",
            cause=slot.proxy.cause or cause,
            rungs=tuple(slot.rungs),
        )

    def _progress(self, success: tuple[tuple[str, float | None], ...]) -> TrainingProgress:
        steps = self._ended_steps + sum(slot.epochs for slot in self._training) * self._settings.epoch_steps
        rungs, self._rungs = tuple(self._rungs), []
        return TrainingProgress(steps, self._due_steps, success, rungs)

    @staticmethod
    def _share(started: float, slots: Sequence[Slot]) -> None:
        """Put time down to those who took it."""
        for slot in slots:
            slot.wall_s += (time.monotonic() - started) / len(slots)
