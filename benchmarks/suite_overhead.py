"""What a suite's environments cost through servers, beside its own bare loop.

``python benchmarks/suite_overhead.py`` plays random actions in 64 environments of Fetch push and
of Meta-World push on EnvPool, one core each, and compares CPU seconds, resets included: those of
this process and its server, and those of a loop in the suite's interpreter that does nothing
else. The two take turns, and the best of each counts, since other work slows both.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path

import torch

from rewardsmith_envs.adapters.suites import TABLES, interpreter
from rewardsmith_envs.adapters.task import TableTask

ENVS, STEPS, ROUNDS = 64, 200, 3
GOAL = 1.25
_TICKS = os.sysconf("SC_CLK_TCK")

_FETCH = """
import json, time, gymnasium, gymnasium_robotics, numpy as np
gymnasium.register_envs(gymnasium_robotics)
envs = [gymnasium.make("FetchPushDense-v4", disable_env_checker=True) for _ in range({envs})]
for number, env in enumerate(envs):
    env.reset(seed=number)
chance = np.random.default_rng(0)
plan = chance.uniform(-1, 1, ({steps}, {envs}, 4)).astype(np.float32)
begun = time.process_time()
for actions in plan:
    for env, action in zip(envs, actions):
        ended = env.step(action)
        if ended[2] or ended[3]:
            env.reset()
print(json.dumps(time.process_time() - begun))
"""
_ENVPOOL = """
import json, time, envpool, numpy as np
env = envpool.make_gymnasium("MetaWorld/Push-v3", num_envs={envs}, num_threads=1,
                             env_seed=list(range({envs})), partially_observable=False,
                             max_episode_steps={steps} - 1)
env.reset()  # the next one comes with the last step
plan = np.random.default_rng(0).uniform(-1, 1, ({steps}, {envs}, 4)).astype(np.float32)
begun = time.process_time()
for actions in plan:
    env.step(actions)
print(json.dumps(time.process_time() - begun))
"""
CASES = {"robotics:fetch-push": _FETCH, "envpool:push-v3": _ENVPOOL}


def bare(name: str) -> float:
    """CPU seconds of the suite's own loop."""
    python = interpreter(name.partition(":")[0])
    script = CASES[name].format(envs=ENVS, steps=STEPS)
    done = subprocess.run([python, "-c", script], capture_output=True, encoding="utf-8", check=True)
    return json.loads(done.stdout.splitlines()[-1])


def pooled(name: str) -> float:
    """CPU seconds of the same number of steps through a server, its own included."""
    suite, _, stem = name.partition(":")
    env = TableTask(TABLES / suite / f"{stem}.yaml").make(ENVS, 1)
    env.reset(torch.arange(ENVS))
    chance = torch.Generator().manual_seed(0)
    plan = torch.rand((STEPS, ENVS, env.action_size), generator=chance) * 2 - 1
    begun = _cpu_s()
    for actions in plan:
        env.step(actions)
    spent = _cpu_s() - begun
    env.close()
    return spent


def _cpu_s() -> float:
    """Of this process and those that it started."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split()
    times = [Path(f"/proc/{child}/stat").read_text(encoding="utf-8").rpartition(")")[2] for child in children]
    return time.process_time() + sum(sum(map(int, line.split()[11:13])) for line in times) / _TICKS


def main() -> None:
    """Print a line for each case."""
    torch.set_num_threads(1)
    for name in CASES:
        rounds = [(bare(name), pooled(name)) for _ in range(ROUNDS)]
        alone, ours = (min(each) for each in zip(*rounds, strict=True))
        steps = ENVS * STEPS
        print(
            f"{name}: {steps / alone:,.0f} steps per CPU second alone, {steps / ours:,.0f} through a server; "
            f"{ours / alone:.2f} times the time (at most {GOAL} wanted)",
            flush=True,
        )


if __name__ == "__main__":
    main()
