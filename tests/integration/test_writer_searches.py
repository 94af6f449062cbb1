"""Searches with a language model behind a real server: costs,
budgets, repairs, follow-ups, interruptions."""

from __future__ import annotations

import os
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from rewardsmith.cli import main
from rewardsmith.config import LanguageModelOptions, StudyConfig
from rewardsmith.contracts import Task
from rewardsmith.errors import NothingTrainedError, WriterError
from rewardsmith.records import Fault
from rewardsmith.registry import WRITERS
from rewardsmith.reports.comparison_csv import searches_csv
from rewardsmith.reports.comparison_report import compare
from rewardsmith.reports.comparison_text import markdown
from rewardsmith.reports.summary import summarise_study
from rewardsmith.reward.guard import Guard
from rewardsmith.study import Study
from rewardsmith.usage import Usage
from tests.searching import Eights, Questions, go, model
from tests.servers import GOOD, Exchange, Reaction, completion, in_turn, refusal, serving


@pytest.mark.parametrize(
    ("limit", "text"),
    [({"max_tokens": 6_500}, "max_tokens of 6,500"), ({"max_usd": 6.5}, "max_usd of 6.5 USD")],
)
def test_a_budget_stops_the_search_says_so_and_can_be_raised(
    guard: Guard, reach: Task, tmp_path: Path, limit: dict[str, float], text: str
):
    config = replace(StudyConfig("franka-reach", candidates=20, final_seeds=0), **limit)  # pyright: ignore[reportArgumentType]
    spent: dict[str, object] = {"prompt_tokens": 500, "completion_tokens": 100}
    with serving(in_turn(completion(usage=spent))) as server:
        trials, stages, stopped = go(tmp_path / "s", config, model(server), guard, reach)
        assert text in stopped
        assert any(stage.startswith(f"stopped by {text}") for stage in stages)
        written = [trial for trial in trials if trial.state == "SCORED"]
        assert 0 < len(written) == len(server.requests) < 20
        with Study.open(tmp_path / "s") as study:
            assert 0 < study.usage.prompt_tokens + study.usage.completion_tokens <= 6_500
        assert all(trial.state == "PROPOSED" for trial in trials if trial not in written)
        config = replace(config, max_tokens=None, max_usd=None)
        trials, _, stopped = go(tmp_path / "s", config, model(server), guard, reach)
    assert stopped == ""
    assert [trial.state for trial in trials] == ["SCORED"] * 20
    assert len(server.requests) == 20


def test_a_budget_too_small_for_one_call_is_exit_3(guard: Guard, reach: Task, tmp_path: Path):
    config = StudyConfig("franka-reach", max_tokens=1_000)
    with (
        serving(in_turn(completion())) as server,
        pytest.raises(NothingTrainedError, match="max_tokens of 1,000") as stopped,
    ):
        go(tmp_path / "s", config, model(server), guard, reach)
    assert stopped.value.exit_code == 3
    assert server.requests == []


def test_no_hours_left_begins_nothing_and_skips_the_comparison(guard: Guard, reach: Task, tmp_path: Path):
    config = StudyConfig("franka-reach", candidates=4, max_hours=0.5)
    with serving(in_turn(completion())) as server:
        go(tmp_path / "s", replace(config, candidates=2, final_seeds=0), model(server), guard, reach)
        with Study.open(tmp_path / "s", write=True) as study:
            study.store.put_value("seconds", "1900")
        trials, stages, stopped = go(tmp_path / "s", config, model(server), guard, reach)
    assert len(trials) == 2
    assert "max_hours of 0.5 h: the search took 0.53 h" in stopped
    assert not any("comparison" in stage for stage in stages)


def test_the_error_of_a_training_goes_back_to_the_model(guard: Guard, reach: Task, tmp_path: Path):
    mended = GOOD.replace("/ 0.1", "/ 0.2")

    def react(exchange: Exchange) -> Reaction:
        return completion(mended if "the total became infinite" in exchange.text else GOOD)

    config = StudyConfig("franka-reach", candidates=2, final_seeds=0)
    with serving(react) as server:
        trials, _, _ = go(
            tmp_path / "s",
            config,
            model(server),
            guard,
            reach,
            judge=lambda p: None if "0.2" in p else Fault.DIVERGED,
        )
    assert [(trial.state, trial.candidate.attempts) for trial in trials] == [("SCORED", 2)] * 2
    assert [[run.label for run in trial.runs] for trial in trials] == [["DIVERGED", "TRAINED"]] * 2
    assert len(server.requests) == 4


def test_repairs_end_and_start_over_as_told(guard: Guard, reach: Task, tmp_path: Path):
    """RF-Agent: nine drafts, each third one from a fresh prompt (arXiv 2602.23876)."""
    bad = completion(GOOD.replace("goal_pos", "cube_pos"))
    config = StudyConfig("franka-reach", candidates=1, repairs=8, fresh_after=3)
    with serving(in_turn(bad)) as server, pytest.raises(NothingTrainedError, match="cube_pos"):
        go(tmp_path / "s", config, model(server), guard, reach)
    shown = ["cannot be used" in request.text for request in server.requests]
    assert shown == [False, True, True] * 3
    with Study.open(tmp_path / "s") as study:
        (trial,) = study.trials
        calls = study.store.calls()
        assert study.usage_of("c000").calls == 9
    assert (trial.state, trial.candidate.attempts) == ("REJECTED", 9)
    assert [call.attempt for call in calls] == list(range(1, 10))


def test_follow_ups_align_first_then_verify_the_aligned_idea(guard: Guard, reach: Task, tmp_path: Path):
    def react(exchange: Exchange) -> Reaction:
        if "Give the description only" in exchange.text:
            return completion("It really pays for nearness.")
        if "in square brackets" in exchange.text:
            return completion("Yes [0.75]" if "It really pays for nearness." in exchange.text else "No [-1]")
        return completion(GOOD)

    config = StudyConfig("franka-reach", candidates=4, final_seeds=0)
    with serving(react) as server:
        trials, _, _ = go(tmp_path / "s", config, model(server), guard, reach, Questions)
        again, _, _ = go(tmp_path / "s", config, model(server), guard, reach, Questions)
    assert again == trials
    assert len(server.requests) == 12
    with Study.open(tmp_path / "s") as study:
        for candidate in study.candidates:
            assert (candidate.idea, candidate.judgement) == ("It really pays for nearness.", 0.75)
            assert study.usage_of(candidate.id).calls == 3
            assert study.usage_of(candidate.id).usd == pytest.approx(3 * 0.15)
    revisions = [request.text for request in server.requests if "Look at this carefully" in request.text]
    assert all("It really pays for nearness." in text for text in revisions)
    assert len(revisions) == 2


def test_the_grammar_writer_answers_follow_ups_too(guard: Guard, reach: Task, tmp_path: Path):
    config = StudyConfig("franka-reach", candidates=2, final_seeds=0)
    trials, _, _ = go(
        tmp_path / "s", config, WRITERS.load("grammar")(LanguageModelOptions()), guard, reach, Questions
    )
    assert all(
        trial.candidate.judgement == 0.0 and "achieve (weight" in trial.candidate.idea for trial in trials
    )
    with Study.open(tmp_path / "s") as study:
        assert study.usage == Usage()


def test_an_interrupted_round_pays_only_for_what_was_not_answered(guard: Guard, reach: Task, tmp_path: Path):
    """The server breaks after five of eight; what it answered is in the
    store, and resuming asks for the rest."""

    config = StudyConfig("franka-reach", candidates=8, final_seeds=0)
    with serving(
        lambda e: completion(f"idea {e.number}\n{GOOD}") if e.number < 5 else refusal(401)
    ) as server:
        with pytest.raises(WriterError):
            go(tmp_path / "s", config, model(server, concurrency=1), guard, reach, Eights)
        server.react = lambda e: completion(f"idea {e.number}\n{GOOD}")
        trials, _, _ = go(tmp_path / "s", config, model(server), guard, reach, Eights)
    assert len(server.charged) == 8
    assert len(server.requests) == 9
    assert len({trial.candidate.idea for trial in trials}) == 8
    with Study.open(tmp_path / "s") as study:
        assert study.usage.prompt_tokens == 8 * 100


def test_after_an_interruption_nothing_is_sent_that_was_still_due(guard: Guard, reach: Task, tmp_path: Path):
    """Two of eight are under way; they are recorded, as they may be
    charged, and the other six are not begun."""
    begun: list[float] = []

    def react(exchange: Exchange) -> Reaction:
        if exchange.number == 1:
            begun.append(time.monotonic())
            threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
        return replace(completion(), delay_s=4.0)

    config = StudyConfig("franka-reach", candidates=8, final_seeds=0)
    with serving(react) as server:
        with pytest.raises(KeyboardInterrupt):
            go(tmp_path / "s", config, model(server, concurrency=2), guard, reach, Eights)
        assert time.monotonic() - begun[0] < 3.5
        with Study.open(tmp_path / "s") as study:
            assert [(call.answered, call.usage.unmetered) for call in study.store.calls()] == [(False, 1)] * 2
    assert len(server.requests) == 2


def test_a_lost_reply_is_on_the_bill(
    guard: Guard, reach: Task, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """The first connection breaks, so the request is sent, and perhaps paid,
    twice: two calls, one of them without a count."""
    config = StudyConfig("franka-reach", candidates=1, baselines=False)
    with serving(in_turn(Reaction(reset_after=0), completion())) as server:
        go(tmp_path / "s", config, model(server), guard, reach)
    with Study.open(tmp_path / "s") as study:
        bill = Usage(2, 100, 50, 0.15, unmetered=1)  # 150 tokens for 1,000 USD per million
        assert study.usage == summarise_study(study).totals.usage == bill
        report = compare([study])
        assert report.searches[0].usage == bill
        assert "| 2 (1 without a count) | 150 | 0.1500 |" in markdown(report)
        assert ",2,1,100,50,0.15\n" in searches_csv(report)
    for arguments in ([], ["c000"]):
        main.run(["inspect", str(tmp_path / "s"), *arguments])
        assert "2 language-model calls, 100 + 50 tokens, 0.15 USD, and 1 call without a count" in " ".join(
            capsys.readouterr().out.split()
        )


def test_a_replay_of_the_grammar_writer(guard: Guard, reach: Task, tmp_path: Path):
    config = StudyConfig("franka-reach", candidates=6, final_seeds=0)
    first, _, _ = go(tmp_path / "s", config, WRITERS.load("grammar")(LanguageModelOptions()), guard, reach)
    again, _, _ = go(
        tmp_path / "again",
        config,
        WRITERS.load("replay")(LanguageModelOptions(replay=str(tmp_path / "s"))),
        guard,
        reach,
    )
    assert again == first
    with pytest.raises(WriterError, match="has no candidate c006, only 6 in all"):
        go(
            tmp_path / "more",
            replace(config, candidates=7),
            WRITERS.load("replay")(LanguageModelOptions(replay=str(tmp_path / "s"))),
            guard,
            reach,
        )
