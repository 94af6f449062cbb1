"""The population trainer: every program of a batch in one process and one simulation."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import torch

from rewardsmith.contracts import Task, TrainingJob, TrainingProgress, TrainingSettings, VecEnv
from rewardsmith.records import State, TrainingResult
from rewardsmith.seeds import derive
from rewardsmith.training.evaluation import held_out_scores
from rewardsmith.training.policy_file import TrainedPolicy, save_slot
from rewardsmith.training.population.learner import PopulationLearner
from rewardsmith.training.population.normaliser import RunningNormaliser
from rewardsmith.training.population.policy import StackedPolicy
from rewardsmith.training.population.rollout import Collector
from rewardsmith.training.population.slot import Slot
from rewardsmith.training.streams import environment_seeds

_MAX_ENVS = {"cpu": 8_192, "cuda": 32_768}
"""More environments than this are trained in several populations, to bound memory."""
_KEPT_SIMULATIONS = 2
"""One for training and one for held-out episodes."""


class PopulationTrainer:
    """Trains all jobs side by side; a slot computes exactly what it would alone (see ``tests``)."""

    def __init__(self, task: Task, settings: TrainingSettings, episodes: int, threads: int | None = None) -> None:
        """Prepare to train on one task.

        Args:
            task: What to simulate.
            settings: PPO settings, the same for every job.
            episodes: Held-out episodes per job.
            threads: Physics threads; all cores that this process may use unless given. torch always keeps to one.
        """
        self._task = task
        self._settings = settings
        self._episodes = episodes
        cores = threads or usable_cores()
        # A simulation is reset and used again: building thousands of worlds for every batch would fragment memory.
        self._make = lru_cache(maxsize=_KEPT_SIMULATIONS)(lambda num_envs: task.make(num_envs, cores, settings.device))

    def train(
        self, jobs: Sequence[TrainingJob], evaluation_seed: int, observe: Callable[[TrainingProgress], None]
    ) -> Iterator[TrainingResult]:
        """Train all jobs, in as many populations as memory asks for (see :class:`rewardsmith.contracts.Trainer`)."""
        torch.set_num_threads(1)  # more threads fight the simulator for the cores
        most = max(1, _MAX_ENVS[self._settings.device] // self._settings.envs)
        for start in range(0, len(jobs), most):
            population = _Population(self._make, self._task.horizon, self._settings, jobs[start : start + most])
            yield from population.run(self._episodes, evaluation_seed, observe)


class _Population:
    """One batch of slots from first step to score."""

    def __init__(self, make: Callable[[int], VecEnv], horizon: int, settings: TrainingSettings, jobs: Sequence[TrainingJob]) -> None:
        self._make, self._horizon, self._settings = make, horizon, settings
        self._started = time.monotonic()
        self._slots = [Slot(number, job, settings) for number, job in enumerate(jobs)]
        seeds = [job.seed for job in jobs]
        device = settings.device
        env = make(len(jobs) * settings.envs)
        first = env.reset(environment_seeds("training", seeds, settings.envs, device), stagger=True)
        weights = [derive("weights", seed) for seed in seeds]
        self._policy = StackedPolicy(env.observation_size, env.action_size, settings.hidden, settings.initial_std, weights, device)
        self._normaliser = RunningNormaliser(len(jobs), env.observation_size, device)
        self._normaliser.update(first.view(len(jobs), settings.envs, -1))
        self._collector = Collector(env, self._policy, self._normaliser, [derive("noise", seed) for seed in seeds], first)
        self._learner = PopulationLearner(self._policy, settings)

    def run(self, episodes: int, evaluation_seed: int, observe: Callable[[TrainingProgress], None]) -> Iterator[TrainingResult]:
        steps_per_epoch, epochs = self._settings.epoch_steps, self._settings.epochs
        done = 0
        for done in range(1, epochs + 1):
            self._epoch()
            success = tuple((slot.job.candidate, slot.curves.recent_success) for slot in self._slots)
            observe(TrainingProgress(done * steps_per_epoch, epochs * steps_per_epoch, success))
            if all(slot.proxy.failure for slot in self._slots):
                break
        yield from self._results(done * steps_per_epoch, episodes, evaluation_seed)

    def _epoch(self) -> None:
        experience = self._collector.collect(self._settings.rollout)
        rewards = torch.stack([slot.rewards(experience) for slot in self._slots], dim=1)
        self._learner.update(experience, rewards)
        self._normaliser.update(experience.raw_observation.transpose(0, 1).flatten(1, 2))
        self._contain_divergence()

    @torch.no_grad()
    def _contain_divergence(self) -> None:
        """A policy that became non-finite ends its slot; it keeps acting zero and disturbs nobody."""
        finite = self._policy.parameters.isfinite().all(dim=1).tolist()
        for slot in self._slots:
            if not finite[slot.number]:
                if slot.proxy.failure is None:
                    slot.proxy.fail(State.DIVERGED, "the policy's weights became non-finite; the reward's scale changes too much")
                self._policy.parameters[slot.number] = 0.0

    def _results(self, env_steps: int, episodes: int, evaluation_seed: int) -> Iterator[TrainingResult]:
        trained = TrainedPolicy(self._policy, self._normaliser)
        env = self._make(len(self._slots) * episodes)
        scores = held_out_scores(env, self._horizon, trained, len(self._slots), evaluation_seed)
        for slot, score in zip(self._slots, scores, strict=True):
            if slot.proxy.failure is None:
                save_slot(Path(slot.job.policy), trained, slot.number, self._settings.hidden)
            yield TrainingResult(
                candidate=slot.job.candidate,
                state=slot.proxy.failure or State.SCORED,
                seed=slot.job.seed,
                env_steps=env_steps,
                wall_s=(time.monotonic() - self._started) / len(self._slots),
                components=slot.curves.components(),
                progress=slot.curves.progress(),
                score=None if slot.proxy.failure else score,
                policy="" if slot.proxy.failure else slot.job.policy,
                cause=slot.proxy.cause,
            )


def usable_cores() -> int:
    """Cores that this process may run on: fewer than the machine has under ``taskset``, a cluster's scheduler or a container's set."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
