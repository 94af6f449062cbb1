"""One training with rl-games, in a process of its own."""

from __future__ import annotations

import sys
import tempfile
import warnings
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import torch
from tensorboardX import SummaryWriter

from rewardsmith.contracts import TrainingJob, TrainingProgress, TrainingResult, VecEnv
from rewardsmith.execution.memory import keep_freed_memory
from rewardsmith.execution.process import answer, claim_stdout
from rewardsmith.records import RunState
from rewardsmith.registry import TASKS
from rewardsmith.seeds import derive
from rewardsmith.training.confined import confine_training
from rewardsmith.training.curves import TrainingCurves
from rewardsmith.training.policy_file import TrainedPolicy, save_slot
from rewardsmith.training.population.normaliser import RunningNormaliser
from rewardsmith.training.population.policy import StackedPolicy
from rewardsmith.training.ppo import PpoSettings
from rewardsmith.training.proxy import ProxyReward
from rewardsmith.training.rlgames.child_orders import ORDER, REPORT, ChildOrder, ChildReport
from rewardsmith.training.rlgames.environment import EpochObserver, RewardedEnv, TrainingOverError
from rewardsmith.training.rlgames.parameters import ENVIRONMENT, parameters
from rewardsmith.training.streams import environment_seeds


def train(order: ChildOrder, observe: Callable[[TrainingProgress], None]) -> TrainingResult:
    """Carry out one order."""
    settings, task = order.settings, TASKS.load(order.task)
    torch.set_num_threads(1)
    with closing(task.make(settings.envs, order.threads, settings.device)) as env:
        return _train(order.job, settings, env, observe)


def _train(
    job: TrainingJob, settings: PpoSettings, env: VecEnv, observe: Callable[[TrainingProgress], None]
) -> TrainingResult:
    proxy, curves = ProxyReward(job, settings), TrainingCurves(settings.goal_smoothing)
    first = env.reset(environment_seeds("training", [job.seed], settings.envs, settings.device), stagger=True)
    rewarded = RewardedEnv(env, first, proxy, curves)
    done = 0

    def tell(epoch: int) -> None:
        nonlocal done
        done = epoch * settings.epoch_steps
        observe(TrainingProgress(done, settings.whole_steps, ((job.run, curves.recent_success),)))

    agent = (
        _run(settings, job, rewarded, EpochObserver(rewarded, proxy, tell), proxy)
        if proxy.failure is None
        else None
    )
    trained = agent is not None and proxy.failure is None
    if trained:
        save_slot(
            Path(job.policy),
            _trained(agent, env.observation_size, env.action_size, settings),
            0,
            settings.hidden,
        )
    return TrainingResult(
        run=job.run,
        state=RunState.TRAINED if trained else RunState.FAILED,
        fault=proxy.failure,
        cause=proxy.cause,
        env_steps=done,
        components=curves.components(),
        spreads=curves.spreads(),
        progress=curves.progress(),
    )


def _run(
    settings: PpoSettings, job: TrainingJob, env: RewardedEnv, observer: EpochObserver, proxy: ProxyReward
) -> Any:
    """rl-games from configuration to trained agent, without Hydra, Ray or its checkpoints."""
    from rl_games.common import a2c_common, env_configurations, vecenv
    from rl_games.torch_runner import Runner

    # Its log is read by nobody, and takes a queue that processes
    # share, which a confined one cannot make.
    a2c_common.SummaryWriter = partial(SummaryWriter, write_to_disk=False)

    vecenv.register(ENVIRONMENT, lambda name, actors, **options: env)
    env_configurations.register(ENVIRONMENT, {"vecenv_type": ENVIRONMENT, "env_creator": None})
    with tempfile.TemporaryDirectory() as folder:
        runner = Runner(observer)
        # Not `load`, which copies what cannot be copied.
        runner.load_config(parameters(settings, derive("rl-games", job.seed) % 2**32, Path(folder)))
        agent = runner.algo_factory.create(runner.algo_name, base_name="run", params=runner.params)
        try:
            agent.train()
        except TrainingOverError:
            assert proxy.failure
        finally:
            agent.writer.close()  # it never does that itself
    return agent


@torch.no_grad()
def _trained(agent: Any, inputs: int, actions: int, settings: PpoSettings) -> TrainedPolicy:
    """The agent's policy in our form: normaliser, actor, critic, spread."""
    network = agent.model.a2c_network
    policy = StackedPolicy(
        inputs, actions, settings.hidden, settings.initial_std, [0], settings.device, settings.activation
    )
    actor = [layer for layer in network.actor_mlp if isinstance(layer, torch.nn.Linear)]
    for (weight, bias), layer in zip(policy.actor(0), (*actor, network.mu), strict=True):
        weight.copy_(layer.weight.T)
        bias.copy_(layer.bias)
    normaliser = RunningNormaliser(1, inputs, settings.device)
    normaliser.mean[0, 0] = agent.model.running_mean_std.running_mean
    normaliser.variance[0, 0] = agent.model.running_mean_std.running_var
    normaliser.count[0] = agent.model.running_mean_std.count
    return TrainedPolicy(policy, normaliser)


def main() -> None:
    """Serve orders until standard input closes.

    Arguments: the folders that policies and episodes go to.
    """
    descriptor = claim_stdout()
    keep_freed_memory()
    warnings.filterwarnings("ignore")  # of rl-games and what it imports
    confined = False

    def report(what: ChildReport) -> None:
        answer(descriptor, REPORT.dump_json(what).decode())

    for line in sys.stdin:
        order = ORDER.validate_json(line)
        if not confined:
            confine_training(
                [Path(folder) for folder in sys.argv[1:]],
                TASKS.load(order.task),
                order.settings.device,
                order.threads,
            )
            confined = True
        report(ChildReport(result=train(order, lambda progress: report(ChildReport(progress=progress)))))


if __name__ == "__main__":
    main()
