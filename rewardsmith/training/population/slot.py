"""One slot: its reward program, how far it is, and what it has seen of it."""

from __future__ import annotations

import time

from torch import Tensor

from rewardsmith.contracts import TrainingJob
from rewardsmith.records import Rung
from rewardsmith.training.curves import TrainingCurves
from rewardsmith.training.population.rollout import Experience
from rewardsmith.training.ppo import PpoSettings
from rewardsmith.training.proxy import ProxyReward


class Slot:
    """Computes one job's rewards and keeps the curves that its writer is told about."""

    def __init__(self, job: TrainingJob, settings: PpoSettings) -> None:
        """Compile the job's program; a text that does not compile makes the slot fail at once."""
        self.job = job
        self.proxy = ProxyReward(job, settings)
        self.curves = TrainingCurves(settings.goal_smoothing)
        self.epochs = 0
        """Policy updates so far."""
        self.rungs: list[Rung] = []
        self.wall_s = 0.0
        """Its share of the time."""
        self.reward_s = 0.0
        """Processor time of its program in the last epoch."""
        self.rest_s = 0.0
        """Its share of all else in the last epoch."""

    def rewards(self, experience: Experience, number: int) -> Tensor:
        """The reward of every step, ``(T, N)``; zeros once the slot has failed.

        The program sees all steps of the rollout at once.

        Args:
            experience: Of all slots.
            number: Which of them is this one.
        """
        own = (experience.done, experience.true_score, experience.age, experience.success, experience.sparse)
        done, score, age, success, sparse = (part[:, number] for part in own)
        if self.proxy.failure is None:
            self.curves.add_episodes(done, score, age)
            self.curves.add_noise(float(experience.noise[number]))
            names = [name for name in self.proxy.parameters if name in experience.signals]
            signals = {name: experience.signals[name][:, number].flatten(0, 1) for name in names}
            started = time.thread_time()
            native = None if experience.native is None else experience.native[:, number].flatten()
            terms = self.proxy.terms(signals, sparse.flatten(), native, self.curves.epochs)
            self.reward_s = time.thread_time() - started
            if terms:
                self.curves.add_terms(*terms)
            if terms and self.proxy.failure is None:
                return self.proxy.with_bonus(terms[0].view(done.shape), success)
        return score.new_zeros(done.shape)
