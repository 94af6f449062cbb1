"""The engine of the population trainer: jobs enter free slots, learn side by side, and leave.

What a job gives hangs on the job alone (see :class:`Population`), so neither the number of slots
nor who shares them nor when it comes decides anything, and the order of the queue is all that
racing looks at.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

from rewardsmith.contracts import Jobs, Race, TrainingJob, TrainingProgress, TrainingResult
from rewardsmith.records import Fault, Rung, RunState
from rewardsmith.seeds import derive
from rewardsmith.training import episodes
from rewardsmith.training.heldout import Played
from rewardsmith.training.policy_file import save_slot
from rewardsmith.training.population.lane import Lane, Lanes
from rewardsmith.training.population.patience import note_rest, slow
from rewardsmith.training.population.slot import Slot
from rewardsmith.training.ppo import PpoSettings
from rewardsmith.training.racing import Racetrack


class Engine:
    """A queue of jobs on one or more lanes."""

    def __init__(self, lanes: Lanes, settings: PpoSettings, track: Racetrack) -> None:
        """Nothing has begun.

        Args:
            lanes: Empty ones, where jobs are trained.
            settings: PPO settings, the same for every job.
            track: Where those stand that race.
        """
        self._lanes, self._settings, self._track = lanes, settings, track
        self._queue: deque[Slot] = deque()
        self._left: dict[str, TrainingJob] = {}
        """Jobs whose results were not given yet, by run."""
        self._due_steps = self._ended_steps = 0
        self._rungs: list[tuple[str, Rung]] = []

    def run(
        self, first: Sequence[TrainingJob], jobs: Jobs
    ) -> Iterator[tuple[list[TrainingResult], TrainingProgress]]:
        """Train until there is nothing left to train.

        After each round, who ended and how far all are.

        Args:
            first: The first jobs.
            jobs: Where more come from meanwhile.
        """
        self._accept(first)
        while self._queue or self._training:
            refused = self._fill()
            self._advance()
            success = tuple((slot.job.run, slot.curves.recent_success) for slot in self._training)
            results = [*refused, *self._settle()]
            for result in results:
                del self._left[result.run]
            yield results, self._progress(success)
            self._accept(jobs.take(wait=False))

    @property
    def unfinished(self) -> list[TrainingJob]:
        """Jobs whose results were not given, in the order of the queue, wherever memory ended."""
        return self._track.in_order(list(self._left.values()))

    def _accept(self, jobs: Sequence[TrainingJob]) -> None:
        self._track.enter(jobs)
        self._left |= {job.run: job for job in jobs}
        self._queue += [Slot(job, self._settings) for job in jobs]
        self._due_steps += len(jobs) * self._settings.epochs * self._settings.epoch_steps

    @property
    def _training(self) -> list[Slot]:
        return [slot for lane in self._lanes for slot in lane.population.slots]

    def _fill(self) -> list[TrainingResult]:
        """Jobs enter free slots, each where most are free.

        A program that does not compile never does.
        """
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
            taken = f"computing the reward took {slot.reward_s:.2f} s per update, far longer than all else"
            slot.proxy.fail(Fault.TIMED_OUT, taken)
        leaving = {slot for slot in self._training if slot.proxy.failure}
        results += [self._result(slot) for slot in self._training if slot in leaving]
        for slot, cause, played in self._evicted([slot for slot in self._training if slot not in leaving]):
            leaving.add(slot)
            self._save(slot)
            if slot.job.episodes:
                episodes.save(Path(slot.job.episodes), played.episodes)
            results.append(self._result(slot, RunState.EVICTED, cause))
        for slot in [
            slot for slot in self._training if slot not in leaving and slot.epochs == self._settings.epochs
        ]:
            leaving.add(slot)
            self._save(slot)
            results.append(self._result(slot, RunState.TRAINED))
        for lane in self._lanes:
            lane.population.exchange([slot for slot in lane.population.slots if slot in leaving], ())
        return results

    def _evicted(self, slots: Sequence[Slot]) -> Iterator[tuple[Slot, str, Played]]:
        """Those who reached a rung at which too many were better, and why."""
        rungs = {
            slot: rung for slot in slots if (rung := self._track.rung(slot.job, slot.epochs)) is not None
        }
        played = self._played(list(rungs))
        by_job = {slot.job: slot for slot in rungs}
        for job in self._track.in_order(list(by_job)):
            slot = by_job[job]
            rung = self._track.arrive(
                rungs[slot], job, slot.epochs * self._settings.epoch_steps, played[slot].score
            )
            slot.rungs.append(rung)
            self._rungs.append((job.run, rung))
            if cause := self._track.verdict(job, rung):
                yield slot, cause, played[slot]

    def _played(self, slots: Sequence[Slot]) -> dict[Slot, Played]:
        """Held-out episodes of slots that stand at a rung, lanes side by side."""
        played: dict[Slot, Played] = {}
        races = {(slot.job.race, slot.job.evaluation_seed): None for slot in slots}
        for race, seed in races:
            assert race, "who does not race reaches no rung"
            alike = [slot for slot in slots if (slot.job.race, slot.job.evaluation_seed) == (race, seed)]
            started = time.monotonic()
            for pairs in self._lanes.side_by_side(
                lambda lane, own=alike, of=race, at=seed: _play(lane, own, of, at)
            ):
                played.update(pairs)
            self._share(started, alike)
        return played

    def _save(self, slot: Slot) -> None:
        lane = next(lane for lane in self._lanes if slot in lane.population.slots)
        save_slot(Path(slot.job.policy), lane.population.trained([slot]), 0, self._settings.hidden)

    def _result(self, slot: Slot, state: RunState = RunState.FAILED, cause: str = "") -> TrainingResult:
        steps = slot.epochs * self._settings.epoch_steps
        self._ended_steps += steps
        self._due_steps -= self._settings.epochs * self._settings.epoch_steps - steps
        return TrainingResult(
            run=slot.job.run,
            state=state,
            fault=slot.proxy.failure,
            cause=slot.proxy.cause or cause,
            env_steps=steps,
            wall_s=slot.wall_s,
            components=slot.curves.components(),
            spreads=slot.curves.spreads(),
            progress=slot.curves.progress(),
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


def _play(lane: Lane, slots: Sequence[Slot], race: Race, seed: int) -> dict[Slot, Played]:
    own = [slot for slot in lane.population.slots if slot in slots]
    return dict(zip(own, lane.play(own, race.episodes, derive("rung", seed)), strict=True))
