"""A search whose number of candidates is changed goes on from
its own record, whatever its strategy."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from rewardsmith import runner
from rewardsmith.config import StudyConfig
from rewardsmith.config_file import from_mapping
from rewardsmith.contracts import VERIFY, Brief, Ledger, Quote, Report, ScoringJob
from rewardsmith.parts import Parts
from rewardsmith.records import Draft, Score, Verdict
from rewardsmith.registry import STRATEGIES
from rewardsmith.reward.guard import Guard
from rewardsmith.study import Study
from rewardsmith.training.ppo import PpoSettings
from tests.searching import AtOnce, Silent
from tests.toys import TOY

Option = tuple[str, Mapping[str, str | float]]
SEARCHES: list[Option] = [
    (name, {"preset": preset}) for name in STRATEGIES.names() for preset in ("corrected", "paper", "release")
]
SEARCHES.append(("revolve", {"temperature_start": 2.0, "temperature_end": 0.1}))
SEEDS = range(3)


class Simulated:
    """Writer and guard at once: a candidate's score and its writer's
    opinion hang on the seed and its name alone."""

    name, notice, concurrency = "simulated", "", 1

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def _luck(self, text: str) -> float:
        return random.Random(f"{self._seed} {text}").random()

    def write(self, brief: Brief, ledger: Ledger) -> Draft:
        if brief.operator == VERIFY:
            return Draft(brief.candidate, judgement=self._luck(f"judge {brief.candidate}"))
        return Draft(brief.candidate, "an idea", f"program of {brief.candidate}")

    def close(self) -> None: ...

    def prompt(self, brief: Brief) -> str:
        return ""

    def quote(self, brief: Brief) -> Quote | None:
        return None

    def check(self, source: str, task: object) -> Verdict:
        return Verdict(True, program=source)

    def admit(self, source: str, program: str, task: object) -> str:
        return program


class Lucky(AtOnce):
    """Scores by luck."""

    def __init__(self, everything: Simulated) -> None:
        super().__init__()
        self._everything = everything

    def score(self, job: ScoringJob) -> None:
        luck = self._everything._luck(job.run.partition("-")[0])
        self.reports.append(Report(score=(job.run, Score(luck, 0.0, 2, seed=job.seed))))


def config(option: Option, seed: int, candidates: int) -> StudyConfig:
    name, options = option
    small = {"final_seeds": 0, "finalists": 1, "baselines": False}
    return StudyConfig(
        "toy", strategy=name, candidates=candidates, seed=seed, strategy_options=dict(options), **small
    )


def search(folder: Path, option: Option, seed: int, candidates: int) -> list[tuple[str, tuple[str, ...]]]:
    """Begin or continue a search of so many candidates; where they all came from."""
    name, options = option
    strategy = STRATEGIES.load(name)
    everything = Simulated(seed)
    with (
        Study.open(folder, write=True)
        if folder.exists()
        else Study.create(folder, config(option, seed, candidates)) as study
    ):
        made = strategy(seed, study.horizon, from_mapping(strategy.Options, options))
        parts = Parts(TOY, made, everything, cast(Guard, everything), Lucky(everything), PpoSettings())
        study.config = replace(study.config, candidates=candidates)  # as a flag of `resume` does
        runner.run(study, parts, Silent())
        return [(candidate.operator, candidate.parents) for candidate in study.candidates]


@pytest.fixture(params=SEARCHES, ids=lambda option: "-".join([option[0], *map(str, option[1].values())]))
def option(request: pytest.FixtureRequest) -> Option:
    return request.param


def test_more_candidates_are_allowed_later(option: Option, tmp_path: Path):
    for seed in SEEDS:
        folder = tmp_path / str(seed)
        first = search(folder, option, seed, 16)
        assert len(first) == 16
        for candidates in (20, 32):
            longer = search(folder, option, seed, candidates)
            assert len(longer) == candidates
            assert longer[: len(first)] == first
            first = longer


def test_fewer_candidates_are_the_beginning_of_the_same_search(option: Option, tmp_path: Path):
    whole = search(tmp_path / "whole", option, 3, 32)
    with Study.create(tmp_path / "part", config(option, 3, 32)):
        pass
    for candidates in (5, 17, 32):
        assert search(tmp_path / "part", option, 3, candidates) == whole[:candidates]
