"""Whole searches with a language model behind a real server: costs, budgets, interruptions, replays."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from rewardsmith import runner
from rewardsmith.cli import main
from rewardsmith.config import LanguageModelOptions, StudyConfig
from rewardsmith.contracts import Task, TrainingJob, TrainingProgress, TrainingSettings, Writer
from rewardsmith.errors import NothingTrainedError, WriterError
from rewardsmith.parts import Parts
from rewardsmith.records import Candidate, FinalRun, Proposal, Score, State, TrainingResult
from rewardsmith.registry import WRITERS
from rewardsmith.reward.guard import Guard
from rewardsmith.study import Study
from tests.servers import GOOD, ChatServer, Exchange, Reaction, completion, in_turn, refusal, serving

KEY = "sk-search-0123456789"
TINY = [
    *("--training.env-steps", "1600", "--training.envs", "16", "--training.rollout", "10", "--training.hidden", "16"),
    *("--training.minibatches", "2", "--training.mini-epochs", "2", "--episodes", "8", "--final-seeds", "0"),
]


Inside = Callable[..., tuple[int, str, str]]


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Inside:
    """The command line without a process of its own, which saves the imports."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str | Path, key: str = KEY) -> tuple[int, str, str]:
        monkeypatch.setenv("OPENAI_API_KEY", key)
        code = main.run([*map(str, arguments)])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return call


def search(url: str, *more: str | Path) -> list[str | Path]:
    strategy = ("--candidates", "4", "--strategy-options", "samples", "2")
    return ["search", "franka-reach", *strategy, "--writer", "openai", "--llm.base-url", url, "--llm.model", "m", *TINY, *more]


SAME = ("id", "operator", "parents", "state", "score", "idea", "source", "reason", "attempts")


def test_a_search_through_faults_and_its_replay_without_a_network(inside: Inside, tmp_path: Path):
    def listed(study: str) -> list[dict[str, object]]:
        return [{name: c[name] for name in SAME} for c in json.loads(inside("inspect", study, "--json")[1])["candidates"]]

    bad = GOOD.replace("tcp_pos, goal_pos", "tcp_pos, cube_pos")
    faults = (refusal(429, retry_after="0.1"), refusal(500), Reaction(200, b"{"), completion(""), completion("no"), completion(bad))
    with serving(in_turn(*faults, completion())) as server:
        code, out, err = inside(*search(server.url, "--out", "s", "--llm.pause-s", "0.01"))
    assert code == 0, out + err
    printed = " ".join(out.split())
    assert "8 language-model calls" in printed
    assert "price unknown, and 1 call without a count, perhaps charged" in printed
    first = listed("s")
    assert [c["state"] for c in first] == ["SCORED"] * 4
    assert sum(int(str(c["attempts"])) for c in first) == 8
    code, out, err = inside("search", "--config", "s/config.yaml", "--writer", "replay", "--from", "s", "--out", "again", key="")
    assert code == 0, out + err
    assert "no model is asked" in out
    assert listed("again") == first
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert KEY.encode() not in written
    assert KEY not in printed + out + err


@pytest.mark.parametrize(
    ("reaction", "key", "message"),
    [
        (refusal(401, f"bad key {KEY}"), KEY, "Check the key"),
        (completion(), "bad\nkey", "characters that no key has"),
        (None, KEY, "cannot reach"),
    ],
)
def test_no_way_in_ends_before_any_training(inside: Inside, reaction: Reaction | None, key: str, message: str):
    with serving(in_turn(reaction or completion())) as server:
        url = server.url if reaction else "http://127.0.0.1:9/v1"
        code, out, err = inside(*search(url, "--llm.retries", "0", "--out", "s"), key=key)
    assert code == 1
    assert message in err
    assert "training" not in out
    assert KEY not in out + err


def test_a_missing_key_names_the_variable_and_makes_no_study(inside: Inside, tmp_path: Path):
    code, _, err = inside("search", "franka-reach", "--writer", "openai", "--llm.model", "m", "--out", "s", key="")
    assert (code, "OPENAI_API_KEY is not set" in err) == (1, True)
    assert not (tmp_path / "s").exists()


def test_what_cannot_be_priced_cannot_be_limited_in_money(inside: Inside, tmp_path: Path):
    code, _, err = inside(*search("http://127.0.0.1:9/v1", "--max-usd", "1", "--out", "s"))
    assert (code, "--llm.price-prompt" in err) == (2, True)
    assert not (tmp_path / "s").exists()


def test_a_dry_run_spends_nothing_and_says_what_would_be(inside: Inside, tmp_path: Path):
    with serving(in_turn(completion())) as server:
        prices = ("--llm.price-prompt", "1", "--llm.price-completion", "10")
        code, out, err = inside(*search(server.url, *prices, "--max-usd", "2.5", "--dry-run"))
    assert code == 0, err
    assert server.requests == []
    assert list(tmp_path.iterdir()) == []
    figures = ("calls: 4 to 16", "tokens: ", "money: 0.0", "USD", "environment steps: ", "hours: ", "disk: about", "limit: 2.5 USD")
    for text in (*figures, "--- system ---"):
        assert text in out, text


def test_killed_while_it_writes_it_asks_again_only_for_what_it_does_not_have(guard: Guard, reach: Task, tmp_path: Path):
    slow = replace(completion(), delay_s=0.5)
    with serving(in_turn(slow)) as server:
        arguments = search(server.url, "--strategy-options", "samples", "4", "--llm.concurrency", "1", "--out", "s")
        process = subprocess.Popen(
            [sys.executable, "-m", "rewardsmith.cli.main", *map(str, arguments)], cwd=tmp_path, env={**os.environ, "OPENAI_API_KEY": KEY}
        )
        while len(server.charged) < 2:
            time.sleep(0.02)
        time.sleep(0.25)  # the second answer is recorded, the third is on its way
        process.kill()
        process.wait()
        with Study.open(tmp_path / "s") as study:
            config = study.config
        candidates, _, _ = go(tmp_path / "s", config, WRITERS.load("openai")(config.llm), guard, reach, Eights)
    assert [c.state for c in candidates] == [State.SCORED] * 4
    seeds = [request.body["seed"] for request in server.requests]
    assert len(set(seeds)) == 4
    assert len(seeds) == 5
    assert seeds[2] == seeds[3]  # only the one in flight


# From here on the trainer is one that answers at once: only the writer's side is looked at.


@dataclass
class AtOnce:
    """A trainer without physics: the score is 0.5, or whatever ``judge`` makes of a program."""

    judge: Callable[[str], State] = lambda program: State.SCORED

    def train(
        self, jobs: Sequence[TrainingJob], evaluation_seed: int, observe: Callable[[TrainingProgress], None]
    ) -> Iterator[TrainingResult]:
        for job in jobs:
            state = self.judge(job.program)
            score = Score(0.5, 0.0, 2) if state == State.SCORED else None
            yield TrainingResult(job.candidate, state, job.seed, score=score, cause="" if score else "the total became infinite")


class Silent:
    """Watches nothing, but remembers the stages."""

    def __init__(self) -> None:
        self.stages: list[str] = []

    def stage(self, text: str) -> None:
        self.stages.append(text)

    def candidate(self, candidate: Candidate) -> None: ...
    def progress(self, progress: TrainingProgress) -> None: ...
    def final(self, run: FinalRun) -> None: ...


class Rounds:
    """Two programs, then two revisions of the first of them, and so on."""

    samples, follow_ups = 2, ()

    def __init__(self) -> None:
        self.parent = ""

    def ask(self, limit: int) -> list[Proposal]:
        proposal = Proposal("reflect", (self.parent,), self.follow_ups) if self.parent else Proposal("initial", (), self.follow_ups)
        return [proposal] * min(limit, self.samples)

    def tell(self, candidates: Sequence[Candidate]) -> None:
        self.parent = candidates[0].id

    def state(self) -> str:
        return self.parent

    def restore(self, state: str) -> None:
        self.parent = state


class Questions(Rounds):
    """With RF-Agent's questions after each training."""

    follow_ups = ("verify", "align")


class Eights(Rounds):
    samples = 8


def go(
    folder: Path, config: StudyConfig, writer: Writer, guard: Guard, task: Task, strategy: type[Rounds] = Rounds,
    judge: Callable[[str], State] = lambda program: State.SCORED,
) -> tuple[list[Candidate], list[str], str]:  # fmt: skip
    """Run or resume a study; its candidates, the stages, and why it stopped."""
    parts = Parts(task, strategy(), writer, guard, AtOnce(judge), TrainingSettings())
    observer = Silent()
    with Study.open(folder, write=True) if folder.exists() else Study.create(folder, config) as study:
        study.config = config  # what a person may have changed in the file
        runner.run(study, parts, observer)
        return study.candidates, observer.stages, study.store.value("stopped") or ""


def model(server: ChatServer, **changes: object) -> Writer:
    options = LanguageModelOptions(model="m", base_url=server.url, pause_s=0.01, price_prompt=1_000.0, price_completion=1_000.0)
    return WRITERS.load("openai")(replace(options, **changes))  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(("limit", "text"), [({"max_tokens": 6_500}, "max_tokens of 6,500"), ({"max_usd": 6.5}, "max_usd of 6.5 USD")])
def test_a_budget_stops_the_search_says_so_and_can_be_raised(guard: Guard, reach: Task, tmp_path: Path, limit: dict[str, float], text: str):
    config = replace(StudyConfig("franka-reach", candidates=20, final_seeds=0), **limit)  # pyright: ignore[reportArgumentType]
    spent: dict[str, object] = {"prompt_tokens": 500, "completion_tokens": 100}
    with serving(in_turn(completion(usage=spent))) as server:
        candidates, stages, stopped = go(tmp_path / "s", config, model(server), guard, reach)
        assert text in stopped
        assert any(stage.startswith(f"stopped by {text}") for stage in stages)
        written = [c for c in candidates if c.state == State.SCORED]
        assert 0 < len(written) == len(server.requests) < 20
        assert sum(c.usage.prompt_tokens + c.usage.completion_tokens for c in written) <= 6_500
        assert all(c.state == State.PROPOSED for c in candidates if c not in written)
        config = replace(config, max_tokens=None, max_usd=None)
        candidates, _, stopped = go(tmp_path / "s", config, model(server), guard, reach)
    assert stopped == ""
    assert [c.state for c in candidates] == [State.SCORED] * 20
    assert len(server.requests) == 20


def test_a_budget_too_small_for_one_call_is_exit_3(guard: Guard, reach: Task, tmp_path: Path):
    config = StudyConfig("franka-reach", max_tokens=1_000)
    with serving(in_turn(completion())) as server, pytest.raises(NothingTrainedError, match="max_tokens of 1,000") as stopped:
        go(tmp_path / "s", config, model(server), guard, reach)
    assert stopped.value.exit_code == 3
    assert server.requests == []


def test_no_hours_left_begins_nothing_and_skips_the_comparison(guard: Guard, reach: Task, tmp_path: Path):
    config = StudyConfig("franka-reach", candidates=4, max_hours=0.5)
    with serving(in_turn(completion())) as server:
        go(tmp_path / "s", replace(config, candidates=2, final_seeds=0), model(server), guard, reach)
        with Study.open(tmp_path / "s") as study:
            study.store.put_value("seconds", "1900")
        candidates, stages, stopped = go(tmp_path / "s", config, model(server), guard, reach)
    assert len(candidates) == 2
    assert "max_hours of 0.5 h: the search took 0.53 h" in stopped
    assert not any("comparison" in stage for stage in stages)


def test_the_error_of_a_training_goes_back_to_the_model(guard: Guard, reach: Task, tmp_path: Path):
    mended = GOOD.replace("/ 0.1", "/ 0.2")

    def react(exchange: Exchange) -> Reaction:
        return completion(mended if "the total became infinite" in exchange.text else GOOD)

    config = StudyConfig("franka-reach", candidates=2, final_seeds=0)
    with serving(react) as server:
        candidates, _, _ = go(
            tmp_path / "s", config, model(server), guard, reach, judge=lambda p: State.SCORED if "0.2" in p else State.DIVERGED
        )
    assert [(c.state, c.attempts) for c in candidates] == [(State.SCORED, 2)] * 2
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
        (candidate,) = study.candidates
        calls = study.store.calls()
    assert (candidate.state, candidate.attempts, candidate.usage.calls) == (State.REJECTED, 9, 9)
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
        candidates, _, _ = go(tmp_path / "s", config, model(server), guard, reach, Questions)
        again, _, _ = go(tmp_path / "s", config, model(server), guard, reach, Questions)
    assert again == candidates
    assert len(server.requests) == 12
    for candidate in candidates:
        assert (candidate.idea, candidate.judgement) == ("It really pays for nearness.", 0.75)
        assert candidate.usage.calls == 3
        assert candidate.usage.usd == pytest.approx(3 * 0.15)
    revisions = [request.text for request in server.requests if "Look at this carefully" in request.text]
    assert all("It really pays for nearness." in text for text in revisions)
    assert len(revisions) == 2


def test_the_grammar_writer_answers_follow_ups_too(guard: Guard, reach: Task, tmp_path: Path):
    config = StudyConfig("franka-reach", candidates=2, final_seeds=0)
    candidates, _, _ = go(tmp_path / "s", config, WRITERS.load("grammar")(LanguageModelOptions()), guard, reach, Questions)
    assert all(c.judgement == 0.0 and "achieve (weight" in c.idea and c.usage.calls == 0 for c in candidates)


def test_an_interrupted_round_pays_only_for_what_was_not_answered(guard: Guard, reach: Task, tmp_path: Path):
    """The server breaks after five of eight; what it answered is in the store, and resuming asks for the rest."""

    config = StudyConfig("franka-reach", candidates=8, final_seeds=0)
    with serving(lambda e: completion(f"idea {e.number}\n{GOOD}") if e.number < 5 else refusal(401)) as server:
        with pytest.raises(WriterError):
            go(tmp_path / "s", config, model(server, concurrency=1), guard, reach, Eights)
        server.react = lambda e: completion(f"idea {e.number}\n{GOOD}")
        candidates, _, _ = go(tmp_path / "s", config, model(server), guard, reach, Eights)
    assert len(server.charged) == 8
    assert len(server.requests) == 9
    assert len({c.idea for c in candidates}) == 8
    assert sum(c.usage.calls for c in candidates) == 8


def test_a_replay_of_the_grammar_writer(guard: Guard, reach: Task, tmp_path: Path):
    config = StudyConfig("franka-reach", candidates=6, final_seeds=0)
    first, _, _ = go(tmp_path / "s", config, WRITERS.load("grammar")(LanguageModelOptions()), guard, reach)
    again, _, _ = go(tmp_path / "again", config, WRITERS.load("replay")(LanguageModelOptions(replay=str(tmp_path / "s"))), guard, reach)
    assert again == first
    with pytest.raises(WriterError, match="has no candidate c006, only 6 in all"):
        go(
            tmp_path / "more",
            replace(config, candidates=7),
            WRITERS.load("replay")(LanguageModelOptions(replay=str(tmp_path / "s"))),
            guard,
            reach,
        )
