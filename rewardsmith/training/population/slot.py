"""One slot: its reward program, and what it has seen of it."""

from __future__ import annotations

from torch import Tensor

from rewardsmith.contracts import TrainingJob, TrainingSettings
from rewardsmith.training.curves import TrainingCurves
from rewardsmith.training.population.rollout import Experience
from rewardsmith.training.proxy import ProxyReward


class Slot:
    """Computes one job's rewards and keeps the curves that its writer is told about."""

    def __init__(self, number: int, job: TrainingJob, settings: TrainingSettings) -> None:
        """Compile the job's program; a text that does not compile makes the slot fail at once."""
        self.number = number
        self.job = job
        self.proxy = ProxyReward(job, settings)
        self.curves = TrainingCurves(settings.goal_smoothing)

    def rewards(self, experience: Experience) -> Tensor:
        """The reward of every step, ``(T, N)``; zeros once the slot has failed. The program sees all steps of the rollout at once."""
        own = (experience.done, experience.true_score, experience.age, experience.success, experience.sparse)
        done, score, age, success, sparse = (part[:, self.number] for part in own)
        if self.proxy.failure is None:
            self.curves.add_episodes(done, score, age)
            names = [name for name in self.proxy.parameters if name in experience.signals]
            signals = {name: experience.signals[name][:, self.number].flatten(0, 1) for name in names}
            terms = self.proxy.terms(signals, sparse.flatten(), self.curves.epochs)
            if terms:
                self.curves.add_terms(*terms)
            if terms and self.proxy.failure is None:
                return self.proxy.with_bonus(terms[0].view(done.shape), success)
        return score.new_zeros(done.shape)
