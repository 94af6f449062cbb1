"""What becomes of a candidate, in words: states, refused drafts, calls, scores of a diff."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from rewardsmith.cli import live
from rewardsmith.cli.inspect import run
from rewardsmith.config import StudyConfig
from rewardsmith.contracts import TrainingProgress
from rewardsmith.errors import UsageError
from rewardsmith.records import CandidateState, Purpose, RunState, Trial
from rewardsmith.study import Study
from rewardsmith.usage import Usage
from tests.builders import called, keep, keep_run, run_of, trained


def refused(reason: str = "probe: it returns one number. Return one for each environment.") -> Trial:
    state = {"state": CandidateState.PROPOSED, "attempts": 1, "reason": reason}
    return Trial(trained("c001", None, **state).candidate)


def messages(*turns: tuple[str, str]) -> str:
    return json.dumps([{"role": role, "content": content} for role, content in turns])


@pytest.fixture
def study(tmp_path: Path) -> str:
    with Study.create(tmp_path / "s", StudyConfig("franka-reach", writer="openai")) as made:
        keep(made, trained("c000", 0.6, attempts=2, source="def compute_reward(a):\n    return a, {}"))
        keep(made, refused())
        first = messages(("system", "you write rewards"), ("user", "write one"))
        second = messages(("assistant", "a = 1"), ("user", "it was refused:\nprobe: a is no function"))
        made.store.add_call(called("c000", Usage(1, 10, 5), messages=first, reply="a = 1", attempt=1))
        made.store.add_call(called("c000", Usage(1, 20, 7), messages=second, reply="better", attempt=2))
        keep(made, trained("c002", None, source="def compute_reward(b):\n    return b, {}"))
    return str(tmp_path / "s")


def test_a_refused_draft_is_not_called_proposed(study: str, capsys: pytest.CaptureFixture[str]):
    trial = refused()
    assert (trial.state, trial.in_repair, trial.final) == ("REFUSED", True, False)
    assert replace(trial, candidate=replace(trial.candidate, attempts=0)).state == "PROPOSED"
    with Study.open(Path(study)) as opened:
        live.PlainObserver(opened, 100).trial(trial)
    assert "c001 REFUSED, being repaired (probe: it returns one number" in capsys.readouterr().out


def test_a_program_that_failed_in_training_is_repaired_as_what_it_is():
    crashed = trained("c001", None, state=CandidateState.PROPOSED, attempts=1)
    assert (crashed.state, crashed.in_repair) == ("CRASHED", True)


def test_states_have_a_legend_where_they_are_shown(study: str, capsys: pytest.CaptureFixture[str]):
    assert run([study]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "REFUSED: the guard refused its last draft, a repair is due" in shown
    assert "CRASHED: its program failed in training" in shown
    assert "QUEUED:" not in shown
    assert "training: the same of training episodes, with exploration" in shown


def test_a_search_that_was_interrupted_shows_nothing_as_running(
    study: str, capsys: pytest.CaptureFixture[str]
):
    running = trained("c003", None, run={"state": RunState.RUNNING, "fault": None, "cause": ""})
    with Study.open(Path(study), write=True) as made:
        keep(made, running)
        keep_run(made, run_of("human", Purpose.BASELINE, state=RunState.RUNNING), None)
        assert run([study]) == 0
        held = capsys.readouterr().out
        assert "RUNNING: is being trained" in held
        assert "INTERRUPTED" not in held
        assert "not at its end" not in held
    way = f"not at its end, and nothing runs. To go on: rewardsmith resume {study}"
    for arguments in ([], ["--tree"], ["c003"], ["--json"], ["c003", "--json"]):
        assert run([study, *arguments]) == 0
        shown = capsys.readouterr().out
        assert "INTERRUPTED" in shown
        assert "RUNNING" not in shown
        assert (way in " ".join(shown.split())) == (not arguments)
    with Study.open(Path(study), write=True) as made:
        assert made.runs[-2].state == RunState.RUNNING
        made.store.put_value("finished", "yes")
    assert run([study]) == 0
    assert "not at its end" not in capsys.readouterr().out


def test_a_candidate_shows_its_refused_drafts_and_on_demand_all_it_was_asked(
    study: str, capsys: pytest.CaptureFixture[str]
):
    assert run([study, "c000"]) == 0
    shown = capsys.readouterr().out
    assert "draft 1 was refused. The writer was told: it was refused: probe: a is no function" in shown
    assert "you write rewards" not in shown
    assert run([study, "c000", "--calls"]) == 0
    shown = capsys.readouterr().out
    assert "=== call 2 of 2: draft, draft 2, m, 20 + 7 tokens" in shown
    for text in ("--- system ---\nyou write rewards", "--- reply ---\nbetter"):
        assert text in shown


@pytest.mark.parametrize("record", ["", "{}", "[1, [2], {}]", '{"role": 1}', "[" * 100_000])
def test_whatever_a_record_of_a_call_holds_is_shown(
    record: str, study: str, capsys: pytest.CaptureFixture[str]
):
    with Study.open(Path(study), write=True) as made:
        made.store.add_call(called("c002", Usage(), messages="[]", attempt=1))
        made.store.add_call(called("c002", Usage(), messages=record, attempt=2))
    assert run([study, "c002", "--calls"]) == 0
    assert "draft 1 was refused" in capsys.readouterr().out


@pytest.mark.parametrize("flags", [[], ["c000", "--json"], ["c000", "--diff", "c002"]])
def test_calls_are_of_one_candidate(study: str, flags: list[str]):
    with pytest.raises(UsageError, match="--calls shows the calls of one candidate"):
        run([study, "--calls", *flags])


def test_a_difference_has_both_scores(study: str, capsys: pytest.CaptureFixture[str]):
    assert run([study, "c000", "--diff", "c002"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["--- c002  CRASHED", "+++ c000  0.600 ± 0.010 over 128 episodes (heldout)"]
    assert "+def compute_reward(a):" in lines
    assert run([study, "c000", "--diff", "c000"]) == 0
    assert "the code is the same" in capsys.readouterr().out


def test_each_number_of_a_running_training_says_what_it_is(study: str, capsys: pytest.CaptureFixture[str]):
    with Study.open(Path(study)) as opened:
        live.PlainObserver(opened, 100).progress(TrainingProgress(50, 100, (("c001-search-0", 0.0),)))
    assert (
        "50 of 100 steps, 0.00 while exploring (the best in training), best so far c000 0.600 (true score)"
        in capsys.readouterr().out
    )


def test_code_in_a_pipe_is_whole_and_undecorated(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    line = f"    return a + {' + '.join(map(str, range(60)))}, {{}}"
    source = f"def compute_reward(a):\n{line}"
    with Study.create(tmp_path / "l", StudyConfig("franka-reach")) as made:
        keep(made, trained("c000", 0.6, source=source))
    for arguments in ([str(tmp_path / "l")], [str(tmp_path / "l"), "best"]):
        assert run(arguments) == 0
        assert source in capsys.readouterr().out


def test_inspect_says_that_a_stored_program_is_no_print_of_its_source(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    with Study.create(tmp_path / "f", StudyConfig("franka-reach")) as made:
        keep(made, trained("c000", 0.6, program="def compute_reward(b):\n    return (b, {})\n"))
    for arguments in ([], ["c000"], ["--json"]):
        assert run([str(tmp_path / "f"), *arguments]) == 0
        assert "warning: the program of c000 in" in capsys.readouterr().err
