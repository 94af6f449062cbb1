"""The calls say who answered, whatever the config says by now."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from rewardsmith.cli import main
from rewardsmith.config import StudyConfig
from rewardsmith.records import Call
from rewardsmith.reports.fairness import find_faults
from rewardsmith.reports.models import ModelUse, models_used
from rewardsmith.reports.summary import summarise_study
from rewardsmith.study import Study
from rewardsmith.usage import Usage
from tests.builders import called


def answer(number: int, model: str = "small", temperature: float = 1.0, **changes: object) -> Call:
    parameters = f'{{"temperature": {temperature}, "seed": {number}, "max_tokens": 9}}'
    return called(f"c{number:03d}", Usage(1), model=model, parameters=parameters, **changes)


def study(folder: Path, calls: Sequence[Call]) -> Study:
    with Study.create(folder, StudyConfig("franka-reach", writer="openai")) as made:
        for call in calls:
            made.store.add_call(call)
    return Study.open(folder)


CHANGED = [answer(0), answer(1), answer(2, "large"), answer(3, "large"), answer(4, "large", 0.5)]
WARM, COLD = "max_tokens 9, temperature 1.0", "max_tokens 9, temperature 0.5"


def test_every_change_of_model_and_sampling_is_known_with_its_candidate():
    """Seeds differ from request to request; what was not answered tells nothing of who writes."""
    unanswered = answer(9, "elsewhere", answered=False)
    assert models_used([CHANGED[0], unanswered, *CHANGED[1:]]) == (
        ModelUse("small", WARM, "c000"),
        ModelUse("large", WARM, "c002"),
        ModelUse("large", COLD, "c004"),
    )
    assert models_used([]) == ()


@pytest.mark.parametrize("parameters", ["", "[1]", "{", "[" * 100_000])
def test_parameters_that_are_none_are_shown_as_they_are(parameters: str):
    assert models_used([called("c000", Usage(1), parameters=parameters)]) == (
        ModelUse("m", parameters, "c000"),
    )


def test_inspect_says_from_where_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    with study(tmp_path / "s", CHANGED) as changed:
        assert [use.since for use in summarise_study(changed).models] == ["c000", "c002", "c004"]
    assert main.run(["inspect", str(tmp_path / "s")]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert (
        "The language model changed: small (max_tokens 9, temperature 1.0) from c000 on, then large" in shown
    )
    assert "then large (max_tokens 9, temperature 0.5) from c004 on." in shown


def test_one_model_is_not_worth_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    study(tmp_path / "s", CHANGED[:2]).close()
    assert main.run(["inspect", str(tmp_path / "s")]) == 0
    assert "language model changed" not in capsys.readouterr().out


def test_a_comparison_says_so(tmp_path: Path):
    with study(tmp_path / "a", CHANGED) as changed:
        faults = list(find_faults([changed]))
    assert len(faults) == 1
    assert faults[0].startswith(
        "a was written by several language models, or under several settings: small ("
    )


def test_studies_of_other_models_are_not_on_equal_terms_although_their_configs_are(tmp_path: Path):
    """The model may come from the environment or from a flag of resume."""
    with study(tmp_path / "a", [answer(0)]) as small, study(tmp_path / "b", [answer(0, "large")]) as large:
        (fault, _) = find_faults([small, large])
        assert (
            "they differ in the language model that answered (large (max_tokens 9, temperature 1.0) / small ("
            in fault
        )
    with study(tmp_path / "c", []) as begun, Study.open(tmp_path / "a") as small:
        assert not any("they differ in" in fault for fault in find_faults([small, begun]))
