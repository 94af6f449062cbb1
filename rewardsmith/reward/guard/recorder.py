"""A process that runs one task for a moment and answers with the signals that it saw.

It gets the pickled task on standard input, from the guard; no reward program comes near it.
"""

from __future__ import annotations

import io
import os
import pickle
import sys
from contextlib import closing

import torch

from rewardsmith.capabilities import own_device
from rewardsmith.contracts import Task, readable
from rewardsmith.execution.process import claim_stdout
from rewardsmith.reward.past import Past

_ENVS, _STEPS, _HOLD, _KEEP_EVERY = 48, 60, 6, 3
"""Environments, control steps, for how many an action is held,
and which share of the steps is kept."""


def record(task: Task) -> dict[str, torch.Tensor]:
    """Signals along an episode of random actions, ``(n, *shape)``.

    Every action is held for a few steps, so that the robot gets somewhere.
    """
    device = own_device(task)
    with closing(task.make(envs := min(_ENVS, task.capabilities.most_envs or _ENVS), 1, device)) as env:
        env.reset(torch.arange(envs, device=device))
        generator = torch.Generator().manual_seed(0)
        actions = torch.zeros(envs, env.action_size)
        kept: list[dict[str, torch.Tensor]] = []
        names, past = [signal.name for signal in readable(task.signals)], Past()
        first = torch.ones(envs, dtype=torch.bool, device=device)
        for step in range(_STEPS):
            if step % _HOLD == 0:
                actions = 2.0 * torch.rand(envs, env.action_size, generator=generator) - 1.0
            now = env.step(actions.to(device))
            signals = past.read(names, now.signals, first)
            first = now.terminated | now.truncated
            if step % _KEEP_EVERY == 0:
                kept.append({name: value.clone().cpu() for name, value in signals.items()})
    return {name: torch.cat([batch[name] for batch in kept]) for name in names}


def main() -> None:
    """Record and answer."""
    descriptor = claim_stdout()
    torch.set_num_threads(1)
    data = io.BytesIO()
    torch.save(record(pickle.load(sys.stdin.buffer)), data)
    with os.fdopen(descriptor, "wb") as answer:
        answer.write(data.getvalue())


if __name__ == "__main__":
    main()
