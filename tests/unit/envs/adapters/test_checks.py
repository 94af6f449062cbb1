"""``rewardsmith adapt --check``: faults of other people's environments are found and named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rewardsmith.cli.adapt import run
from rewardsmith.errors import UsageError
from rewardsmith_envs.adapters.failures import misfits
from rewardsmith_envs.adapters.fleets import Fleet
from tests.outside.task_files import task_file

Verdicts = dict[str, dict[str, str]]


@pytest.fixture(autouse=True)
def no_servers_stay() -> Any:
    yield
    Fleet.stop_all()


@pytest.fixture
def checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Checks a task file of one of the environments: exit code, and verdicts by check."""

    def check(environment: str = "Walk-v0", **changes: Any) -> tuple[int, Verdicts]:
        code = run(["--check", str(task_file(tmp_path, environment, **changes)), "--json"])
        return code, {verdict["check"]: verdict for verdict in json.loads(capsys.readouterr().out)}

    return check


def failed(verdicts: Verdicts) -> set[str]:
    return {name for name, verdict in verdicts.items() if verdict["outcome"] == "failed"}


@pytest.mark.parametrize("environment", ["Walk-v0", "Chatty-v0"])
def test_a_sound_one_passes(checked: Any, environment: str):
    code, verdicts = checked(environment)
    assert (code, failed(verdicts)) == (0, set())
    assert verdicts["it_repeats_as_it_says"]["reason"] == "bit: to the bit"


@pytest.mark.parametrize(
    ("environment", "changes", "said"),
    [
        ("Wrok-v0", {}, "Look at the id"),
        ("Asking-v0", {}, "asked something on its standard input"),
        ("Hanging-v0", {"patience_s": 2.0}, "said nothing for 2 s, so it is taken for hung"),
        ("Aborting-v0", {}, "was ended by signal 6"),
        ("Killed-v0", {}, "was ended by signal 9"),
        ("Failing-v0", {}, "the second motor is missing"),
        ("NotANumber-v0", {}, "at step 8 of random actions an observation, a signal"),
        ("Growing-v0", {}, "the observation had 4 numbers at first, and now 5. It must keep its size"),
        ("Impatient-v0", {}, "time limit of its own at step 15, and the task file's horizon is 30"),
        ("Walk-v0", {"imports": ["no_such_suite"]}, "Install it there, or give another interpreter"),
        ("Walk-v0", {"python": "/bin/false"}, "ended with 1"),
        ("Walk-v0", {"python": "/no/such/python"}, "Give an interpreter as `python`"),
        ("Walk-v0", {"action_size": 3}, "takes 2 actions, the file says 3"),
        ("Walk-v0", {"success": {"info": "solved"}}, "no 'solved' after this step; it has ['is_success']"),
    ],
)  # fmt: skip
def test_what_cannot_be_played_is_named_at_once(
    checked: Any, environment: str, changes: dict[str, Any], said: str
):
    code, verdicts = checked(environment, **changes)
    assert (code, list(verdicts)) == (1, ["it_can_be_played"])
    assert said in verdicts["it_can_be_played"]["reason"]


@pytest.mark.parametrize(
    ("environment", "found", "broken"),
    [
        ("Careless-v0", "run", "same_seeds_give_the_same_future"),
        ("Worn-v0", "starts", "a_used_environment_starts_like_a_new_one"),
    ],
)
def test_who_claims_more_than_it_keeps_is_told_what_it_may_claim(
    checked: Any, environment: str, found: str, broken: str
):
    code, verdicts = checked(environment)
    assert code == 1
    assert {broken, "it_repeats_as_it_says"} <= failed(verdicts)
    assert f"Write `repeats: {found}`" in verdicts["it_repeats_as_it_says"]["reason"]
    code, verdicts = checked(environment, repeats=found)
    assert (code, verdicts[broken]["outcome"]) == (0, "not owed")


def test_who_claims_less_than_it_keeps_is_told_so(checked: Any):
    code, verdicts = checked(repeats="starts")
    assert code == 0
    assert "it could say more" in verdicts["it_repeats_as_it_says"]["reason"]


def test_an_exception_is_told_with_its_reason(checked: Any):
    check, narrow = "its_sheet_is_complete", {"success_rule": "the point is at the goal"}
    code, verdicts = checked(**narrow)
    assert (code, failed(verdicts)) == (1, {check})
    code, verdicts = checked(**narrow, exceptions={check: "the suite gives no threshold"})
    assert (code, verdicts[check]["outcome"]) == (0, "excepted")
    assert verdicts[check]["reason"].startswith("the suite gives no threshold (success_rule is")


def test_an_exception_of_no_check_is_refused(checked: Any):
    with pytest.raises(
        UsageError, match=r"unknown check in `exceptions` 'its_sheet_is_complet'. Did you mean"
    ):
        checked(exceptions={"its_sheet_is_complet": "a slip"})


def test_bounds_that_are_too_narrow_are_found(checked: Any):
    row = {"attribute": "goal", "shape": [2], "unit": "m", "frame": "world", "meaning": "it", "role": "goal"}
    code, verdicts = checked(signals={"goal_pos": {**row, "low": 0.0, "high": 0.6}})
    assert code == 1
    assert "above its bound 0.6. Widen the bounds" in verdicts["signals_match_their_table"]["reason"]


def test_the_table_is_for_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert run(["--check", str(task_file(tmp_path, success_rule="at the goal"))]) == 1
    out = capsys.readouterr().out
    assert "ok        it can be played\n" in out
    assert "failed    its sheet is complete:  success_rule is 'at the goal', without a number" in out
    assert "walk: 28 checks, 1 failed, 0 excepted by the file" in out


@pytest.mark.parametrize(
    ("versions", "said"),
    [
        ({"gymnasium-robotics": "1.4.2", "mujoco": "3.12.0"}, "mujoco up to 3.11, and 3.12.0 is there"),
        ({"metaworld": "3.1.1", "mujoco": "3.0.0"}, "mujoco 3.3.0 alone"),
        ({"metaworld": "3.1.1", "mujoco": "3.3.0"}, ""),
        ({"gymnasium-robotics": "1.4.2", "mujoco": "3.11.0"}, ""),
        ({"gymnasium-robotics": "1.4.2"}, ""),
    ],
)
def test_versions_that_are_known_to_break_are_named(versions: dict[str, str], said: str):
    words = " ".join(misfits(versions))
    assert said in words
    assert bool(words) == bool(said)
