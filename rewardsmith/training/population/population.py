"""The slots of one simulation: they enter, learn side by side, and leave."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import torch

from rewardsmith.contracts import TrainingJob, VecEnv
from rewardsmith.records import Fault
from rewardsmith.seeds import derive
from rewardsmith.training import policy_file
from rewardsmith.training.policy_file import TrainedPolicy
from rewardsmith.training.population.learner import PopulationLearner
from rewardsmith.training.population.normaliser import RunningNormaliser
from rewardsmith.training.population.policy import StackedPolicy
from rewardsmith.training.population.rollout import Collector, rows_of
from rewardsmith.training.population.slot import Slot
from rewardsmith.training.ppo import PpoSettings
from rewardsmith.training.streams import environment_seeds


class Population:
    """Everything of a slot is a row of a tensor or an entry of a list.

    No number is shared between slots.

    So a slot computes exactly what it would alone, whoever enters and leaves (see ``tests``).
    """

    def __init__(self, env: VecEnv, settings: PpoSettings) -> None:
        """Start empty.

        Args:
            env: Made for as many environments as all slots may have together; they are on the
                settings' device.
            settings: PPO settings of every slot.
        """
        self._env, self._settings = env, settings
        self.slots: list[Slot] = []
        sizes, std = (env.observation_size, env.action_size), settings.initial_std
        self._policy = StackedPolicy(*sizes, settings.hidden, std, [], settings.device, settings.activation)
        self._normaliser = RunningNormaliser(0, env.observation_size, settings.device)
        self._collector = Collector(env, self._policy, self._normaliser, settings.envs)
        self._learner = PopulationLearner(self._policy, settings)

    def exchange(self, leaving: Collection[Slot], entering: Sequence[Slot]) -> None:
        """Let slots go, and begin others; the rest goes on as if nothing had happened.

        Raises:
            UsageError: The policy that a job begins from cannot be read, or does not fit.
        """
        if not leaving and not entering:
            return
        kept = [number for number, slot in enumerate(self.slots) if slot not in leaving]
        self.slots = [self.slots[number] for number in kept] + list(entering)
        seeds, device = [slot.job.seed for slot in entering], self._policy.parameters.device
        rows = torch.tensor(kept, dtype=torch.int64, device=device)
        first = torch.zeros(0, self._env.observation_size, device=device)
        if self.slots:
            streams = environment_seeds("training", seeds, self._settings.envs, device)
            first = self._env.exchange(rows_of(rows, self._settings.envs), streams, stagger=True)
        self._policy.exchange(rows, [derive("weights", seed) for seed in seeds])
        self._normaliser.exchange(rows, len(seeds))
        self._learner.exchange(rows, len(seeds))
        self._collector.exchange(kept, [derive("noise", seed) for seed in seeds], first)
        for row, slot in enumerate(self.slots[len(kept) :], len(kept)):
            if slot.job.start:
                self._carry_on(row, slot.job)

    def epoch(self) -> None:
        """Collect one rollout with every policy, and improve it."""
        names = dict.fromkeys(name for slot in self.slots for name in slot.proxy.parameters)
        experience = self._collector.collect(self._settings.rollout, names)
        rewards = torch.stack(
            [slot.rewards(experience, number) for number, slot in enumerate(self.slots)], dim=1
        )
        self._normaliser.update(experience.raw_observation.transpose(0, 1).flatten(1, 2))
        # who began from a policy acted by statistics that hold, and far from zero
        if new := [n for n, slot in enumerate(self.slots) if slot.epochs == 0 and not slot.job.start]:
            self._collector.see_again(experience, new)
        self._learner.update(experience, rewards)
        self._contain_divergence()
        for slot in self.slots:
            slot.epochs += 1

    def trained(self, slots: Sequence[Slot]) -> TrainedPolicy:
        """The policies of some slots as they are now."""
        rows = torch.tensor([self.slots.index(slot) for slot in slots], device=self._policy.parameters.device)
        return TrainedPolicy(self._policy.select(rows), self._normaliser.select(rows))

    def _carry_on(self, row: int, job: TrainingJob) -> None:
        """A new slot's networks and what normalises their input begin from a saved policy.

        Its optimiser and the statistics of its returns begin anew.
        """
        known = policy_file.load(Path(job.start), self._env, self._policy.parameters.device)
        self._policy.inherit(row, known.policy, job.start_share)
        self._normaliser.put(row, known.normaliser)

    def _contain_divergence(self) -> None:
        """A policy that became non-finite ends its slot."""
        finite = self._policy.parameters.detach().isfinite().all(dim=1).tolist()
        for slot, whole in zip(self.slots, finite, strict=True):
            if not whole and slot.proxy.failure is None:
                slot.proxy.fail(
                    Fault.DIVERGED,
                    "the policy's weights became non-finite; the reward's scale changes too much",
                )
