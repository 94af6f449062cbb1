"""Random and mutated programs: the guard answers, in time, and what it accepts runs on real states.

The run of the slow tests spends some seconds. For longer:

    REWARDSMITH_FUZZ_S=600 pytest tests/fuzz -m fuzz -s
"""

from __future__ import annotations

import itertools
import os
import random
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from hypothesis.configuration import set_hypothesis_home_dir
from program_generator import ProgramGenerator, mutate_text, mutate_tree

from rewardsmith.registry import TASKS
from rewardsmith.reward.guard import Guard
from rewardsmith.reward.guard.refusal import RefusedError
from rewardsmith.reward.guard.static import check_source
from rewardsmith.reward.guard.warm import WarmChild
from rewardsmith.reward.program import RewardProgram
from rewardsmith.training.ppo import PpoSettings

TASK = TASKS.load("franka-push")
pytestmark = pytest.mark.filterwarnings("ignore:The use of `x.T` on tensors of dimension other than 2")
KINDS = ("grammar", "text", "tree", "printed text", "printed tree")
"""As generated, mutated, and mutated behind the static layers'
back: straight to the child process."""
_ROUND = 50
"""Programs between two looks at the clock."""


class Harness:
    """One guard, real states that it has not seen, and counts of what happened."""

    def __init__(self, guard: Guard) -> None:
        self.guard = guard
        self.child = WarmChild(TASK, PpoSettings())
        self.counts: Counter[tuple[str, str]] = Counter()
        self.slowest_s = 0.0
        self.states = rollout()

    def try_one(self, kind: str, rng: random.Random) -> None:
        """Make a program, check it, and run it if it was accepted."""
        source = ProgramGenerator(rng, TASK.signals).program()
        if kind.startswith("printed"):
            try:
                source = check_source(source, TASK.signals).program
            except RefusedError as refusal:  # such as a line that grew too long: there is nothing to print
                self.counts[kind, refusal.layer] += 1
                return
        if kind.endswith("text"):
            source = mutate_text(rng, source)
        if kind.endswith("tree"):
            source = mutate_tree(rng, source)
        self.child.ready()
        self.guard.limits(TASK)
        started = time.monotonic()
        verdict = self.child.check(source) if kind.startswith("printed") else self.guard.check(source, TASK)
        self.slowest_s = max(self.slowest_s, time.monotonic() - started)
        assert self.slowest_s < 5.0, source
        self.counts[kind, verdict.layer or "accepted"] += 1
        if verdict.accepted:
            total, components = RewardProgram(verdict.program)(self.states)
            assert bool(total.isfinite().all()), source  # components are logged as they are
            for value in (total, *components.values()):
                assert value.shape == (len(self.states["cube_pos"]),)
                assert value.dtype == torch.float32

    def run(self, seeds: Iterable[int]) -> None:
        """Let hypothesis draw, a round for every seed."""

        def attempt(kind: str, rng: random.Random) -> None:
            self.try_one(kind, rng)

        quiet = settings(
            max_examples=_ROUND,
            deadline=None,
            database=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        )
        for number in seeds:
            seed(number)(quiet(given(st.sampled_from(KINDS), st.randoms(use_true_random=False))(attempt)))()

    def table(self) -> str:
        """Counts by kind of program and layer, for people."""
        layers = sorted({layer for _, layer in self.counts})
        lines = [
            f"{kind:<14}" + "  ".join(f"{layer} {self.counts[kind, layer]}" for layer in layers)
            for kind in KINDS
        ]
        return "\n".join(
            [*lines, f"{sum(self.counts.values())} programs, slowest verdict {self.slowest_s:.2f} s"]
        )


def rollout() -> dict[str, torch.Tensor]:
    """Every signal of 40 environments over a whole episode of
    random actions, on seeds of its own."""
    env = TASK.make(40, 1)
    env.reset(torch.arange(40) + 10_000)
    generator = torch.Generator().manual_seed(99)
    steps = [
        env.step(2.0 * torch.rand(40, env.action_size, generator=generator) - 1.0).signals
        for _ in range(TASK.horizon)
    ]
    return {name: torch.cat([signals[name] for signals in steps]) for name in steps[0]}


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    folder = tmp_path_factory.mktemp("fuzz")
    guard, home = Guard(PpoSettings()), Path.cwd()
    set_hypothesis_home_dir(folder / "hypothesis")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        (folder / "work").mkdir()
        os.chdir(folder / "work")
        guard.limits(TASK)
        torch.set_num_threads(1)
        harness = Harness(guard)
        yield harness
        harness.child.close()
        guard.close()
        assert list(Path.cwd().iterdir()) == []
        os.chdir(home)


@pytest.mark.slow
def test_for_a_moment(harness: Harness) -> None:
    harness.run(range(3))  # rounds, not seconds: the same programs on a slow machine
    print(f"\n{harness.table()}")
    assert sum(count for (_, layer), count in harness.counts.items() if layer == "accepted") > 5
    assert len({layer for _, layer in harness.counts}) >= 4


def test_the_static_layers_only_refuse() -> None:
    """Nothing that is wrong with a text is an exception in there, nor
    one that only the last boundary catches."""
    rng = random.Random(2)
    programs = ProgramGenerator(rng, TASK.signals)
    layers: Counter[str] = Counter()
    for _ in range(400):
        source = programs.program()
        try:
            source = mutate_tree(rng, source)
            source = mutate_text(rng, source) if rng.random() < 0.3 else source
        except RecursionError:  # of printing the mutated tree, before any guard
            continue
        verdict, cause = static_verdict(source)
        layers[verdict] += 1
        assert cause is None, source
    assert min(layers[layer] for layer in ("accepted", "lexical", "syntax")) > 10


def static_verdict(source: str) -> tuple[str, BaseException | None]:
    """The layer that refuses, and the exception behind it where there was one."""
    try:
        check_source(source, TASK.signals)
    except RefusedError as refusal:
        return refusal.layer, refusal.__cause__
    return "accepted", None


@pytest.mark.fuzz
def test_for_long(harness: Harness) -> None:
    end, first = (
        time.monotonic() + float(os.environ.get("REWARDSMITH_FUZZ_S", "600")),
        random.SystemRandom().randrange(2**32),
    )
    harness.run(itertools.takewhile(lambda _: time.monotonic() < end, itertools.count(first)))
    print(f"\n{harness.table()}")
