"""A whole search, killed with -9 at random moments of its life, from the very first on."""

from __future__ import annotations

import os
import random
import signal
import subprocess
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from rewardsmith.records import Run, RunState, Score, Trial
from rewardsmith.study import Study
from tests.integration.command_line import SHORT, go_on

_LIFE_S = 12.0
"""A process lives so long at most; it needs some seconds until it has imported everything."""
SEARCH = (
    "search", "cartpole", "--strategy", "rf-agent", "--candidates", "8", "--seed", "3",
    "--finalists", "2", *SHORT,
)  # fmt: skip


def _killed(folder: Path, kills: int, options: tuple[str, ...], seed: int) -> Study:
    """A search that was killed so often, and then left to its end; what
    was at its end before a kill is as it was."""
    moments, known = random.Random(seed), dict[str, Run]()
    for number in range(kills + 1):
        with folder.with_suffix(".errors").open("wb") as errors:
            process = go_on(folder, (*SEARCH, *options), errors)
        life = moments.uniform(0.0, _LIFE_S) if number < kills else 600.0
        with suppress(subprocess.TimeoutExpired):
            assert process.wait(life) == 0, folder.with_suffix(".errors").read_text(encoding="utf-8")[-2_000:]
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if (folder / "study.db").exists():
            with Study.open(folder) as study:
                now = {run.id: run for run in study.runs if run.state.ended}
            assert {name: now.get(name) for name in known} == known
            known = now
    return Study.open(folder)


def _timeless(study: Study) -> tuple[list[Trial], list[tuple[Run, Score | None]]]:
    """Everything but the clock, and how often a run was begun."""

    def plain(run: Run) -> Run:
        return replace(run, wall_s=0.0, tries=0)

    trials = [replace(trial, runs=tuple(map(plain, trial.runs))) for trial in study.trials]
    return trials, [(plain(run), study.score(run)) for run in sorted(study.runs, key=lambda run: run.id)]


@pytest.mark.parametrize(
    "kills", [pytest.param(5, marks=pytest.mark.slow), pytest.param(50, marks=pytest.mark.fuzz)]
)
def test_with_a_barrier_it_comes_to_the_same_end(tmp_path: Path, kills: int) -> None:
    with (
        _killed(tmp_path / "killed", kills, (), seed=kills) as killed,
        _killed(tmp_path / "whole", 0, (), 0) as whole,
    ):
        assert killed.finished
        assert _timeless(killed) == _timeless(whole)


@pytest.mark.slow
def test_with_policies_that_are_carried_on_it_comes_to_the_same_end(tmp_path: Path) -> None:
    options = ("--start-policy", "parent", "--start-share", "0.75")
    with (
        _killed(tmp_path / "killed", 4, options, seed=4) as killed,
        _killed(tmp_path / "whole", 0, options, 0) as whole,
    ):
        begun = {run.id: run.start for run in whole.runs if run.start}
        assert begun
        assert all(trial.run and trial.run.id in begun for trial in whole.trials if trial.candidate.parents)
        assert _timeless(killed) == _timeless(whole)


@pytest.mark.parametrize(
    "kills", [pytest.param(3, marks=pytest.mark.slow), pytest.param(50, marks=pytest.mark.fuzz)]
)
def test_without_a_barrier_it_comes_to_an_end(tmp_path: Path, kills: int) -> None:
    with _killed(
        tmp_path / "killed", kills, ("--strategy-options", "barrier", "False"), seed=kills + 1
    ) as study:
        assert study.finished
        assert len(study.candidates) == 8
        assert all(run.state in (RunState.TRAINED, RunState.FAILED) for run in study.runs)
        assert [event.kind for event in study.store.events()].count("told") > 1
        told = [name for event in study.store.events() if event.kind == "told" for name in event.candidates]
        assert sorted(told) == [candidate.id for candidate in study.candidates]
