"""People in a search: given programs are its first candidates, others join; notes are kept."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from rewardsmith import people
from rewardsmith.config import StudyConfig
from rewardsmith.contracts import Task
from rewardsmith.people import givens
from rewardsmith.records import Note
from rewardsmith.reward.guard import Guard
from rewardsmith.study import Study
from tests.integration.command_line import COMMAND, TINY
from tests.searching import go, model
from tests.servers import completion, in_turn, serving

MINE = """\
def compute_reward(tcp_pos, goal_pos, previous_tcp_pos, initial_tcp_pos):
    now = torch.norm(tcp_pos - goal_pos, dim=-1)
    before = torch.norm(previous_tcp_pos - goal_pos, dim=-1)
    far = torch.norm(initial_tcp_pos - goal_pos, dim=-1)
    return before - now - 0.1 * now / (far + 0.01), {"progress": before - now}
"""


def run(*words: str | Path, code: int = 0) -> str:
    done = subprocess.run([*COMMAND, *map(str, words)], capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    (tmp_path / "mine.py").write_text(MINE, encoding="utf-8")
    return tmp_path / "mine.py"


def search(out: Path, *words: str | Path) -> str:
    few = ("--strategy-options", "samples", "2", "--finalists", "1", "--final-seeds", "0")
    return run("search", "franka-reach", *TINY, *few, "--out", out, *words)


def test_people_join_a_search(tmp_path: Path, mine: Path):
    """By a start, by the queue of a stopped search, and from another study."""
    out = tmp_path / "study"
    search(out, "--candidates", "2", "--start-from", "human", str(mine))
    assert "its 2; `rewardsmith resume" in run("enqueue", out, mine)
    run("resume", out, "--candidates", "4")
    with Study.open(out) as study:
        found = [(one.origin, one.operator, one.state) for one in study.candidates]
        assert found == [
            ("person", "initial", "ACCEPTED"),
            ("person", "initial", "ACCEPTED"),
            ("person", "reflect", "ACCEPTED"),
            ("strategy", "reflect", "ACCEPTED"),
        ]
        assert all(trial.score for trial in study.trials), "theirs are trained and scored as any other"
        assert study.candidates[1].source == study.candidates[2].source == MINE
        assert study.candidates[2].parents, "the strategy takes it for what it proposed"
        assert [given.candidate for given in givens(study.store).values()] == ["c000", "c001", "c002"]
    other = tmp_path / "other"
    search(other, "--candidates", "2", "--start-from", f"{out}/c001")
    rows = json.loads(run("inspect", other, "--json"))
    assert [row["origin"] for row in rows["candidates"]] == ["person", "strategy"]


def test_what_cannot_be_given_is_refused_before_anything_begins(tmp_path: Path, mine: Path):
    bad = tmp_path / "bad.py"
    bad.write_text("def compute_reward(nothing):\n    return nothing, {}\n", encoding="utf-8")
    out = tmp_path / "study"
    few = ("search", "franka-reach", *TINY, "--candidates", "1", "--out", out)
    assert "bad.py is refused: syntax" in run(*few, "--start-from", bad, code=2)
    assert "there is no program 'nowhere.py'" in run(*few, "--start-from", "nowhere.py", code=2)
    assert "no more programs than candidates" in run(*few, "--start-from", "human", mine, code=2)
    assert not out.exists()


def test_notes_are_kept_listed_and_withdrawn(tmp_path: Path):
    out = tmp_path / "study"
    search(out, "--candidates", "1")
    assert "note 0" in run("note", out, "Move\n softly.")
    assert "note 1" in run("note", out, "c000", "It overshoots.")
    assert "there is no c009" in run("note", out, "c009", "Who?", code=2)
    assert "2 texts" not in run("note", out)
    assert "withdrawn: Move softly." in run("note", out, "--withdraw", "0")
    assert run("note", out).splitlines() == [
        "  0  all   (withdrawn) Move softly.",
        "  1  c000  It overshoots.",
    ]
    assert "It overshoots." in run("inspect", out, "c000")


def test_notes_and_all_that_is_told_reach_the_model(guard: Guard, reach: Task, tmp_path: Path):
    """A wish in every prompt after it; goal, scene, training and history by default."""
    config = StudyConfig("franka-reach", candidates=2, final_seeds=0, strategy_options={"samples": 1})
    with serving(in_turn(completion())) as server:
        go(tmp_path / "s", config, model(server), guard, reach)
        with Study.open(tmp_path / "s", write=True) as study:
            people.add(study.store, Note("Move softly."))
            people.add(study.store, Note("It overshoots.", "c000"))
        go(tmp_path / "s", replace(config, candidates=3), model(server), guard, reach)
    first, _, third = (json.dumps(exchange.body) for exchange in server.requests)
    for told in ("Goal: tool centre point within 0.02 m", "At an episode's start: `tcp_pos`", "discount of"):
        assert told in first
        assert told in third
    assert "Move softly." not in first
    assert "Move softly." in third
    assert "A person says of this program:\\n- It overshoots." in third
    assert "- c000 (initial): true score 0.5" in third


def test_with_the_presets_of_papers_nothing_of_it_is_told(guard: Guard, reach: Task, tmp_path: Path):
    config = StudyConfig(
        "franka-reach", candidates=1, final_seeds=0, strategy_options={"samples": 1, "preset": "paper"}
    )
    with serving(in_turn(completion())) as server:
        go(tmp_path / "s", config, model(server), guard, reach)
    (body,) = (json.dumps(exchange.body) for exchange in server.requests)
    assert not any(told in body for told in ("Goal:", "At an episode's start", "discount", "previous_<name>"))
