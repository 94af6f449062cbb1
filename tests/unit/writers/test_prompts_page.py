"""``docs/prompts.md``: whole conversations for a person to read, made from real trainings.

The programs are a frontier model's, trained on franka-push; ``push_trials.json`` keeps what their
trainings gave.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from rewardsmith.config import StudyConfig
from rewardsmith.contracts import TOLD, Brief, TaskSheet
from rewardsmith.drafting import parent_of, training_facts
from rewardsmith.feedback.feedback import Seen
from rewardsmith.records import Trial
from rewardsmith.registry import TASKS
from rewardsmith.settings import preset_settings
from rewardsmith.training.ppo import PpoSettings
from rewardsmith.writers.prompts import as_text, render, without_oldest

PAGE = Path(__file__).parents[3] / "docs" / "prompts.md"
TRIALS = TypeAdapter(dict[str, tuple[Trial, ...]]).validate_json(
    Path(__file__).with_name("push_trials.json").read_bytes()
)
PUSH = TASKS.load("franka-push")
CHARACTERS_PER_TOKEN = 3.5
"""Of code and numbers, at the least."""
HEAD = """\
# The prompts

Whole conversations as a language model reads them, with everything that it [can be told](feedback.md), on
franka-push. The programs are a frontier model's, trained for 200,000 steps each. This page is made and
compared by `tests/unit/writers/test_prompts_page.py`.
"""
CASES = {
    "The first prompt": ("", "initial", ()),
    "Eureka: a revision in the third round": ("eureka", "reflect", ("c006",)),
    "RF-Agent: another structure": ("rf-agent", "tree_mutate_structure", ("c006",)),
    "RF-Agent: other parameters": ("rf-agent", "tree_mutate_parameters", ("c006",)),
    "RF-Agent: crossover with the elite": ("rf-agent", "tree_crossover_elite", ("c004", "c006")),
    "RF-Agent: crossover of three, of which the first is shown in short": (
        "rf-agent",
        "tree_crossover_elite",
        ("c002", "c004", "c006"),
    ),
    "RF-Agent: reasoning over a path": ("rf-agent", "tree_path", ("c002", "c006")),
    "RF-Agent: something different": ("rf-agent", "tree_different", ("c004", "c006")),
    "RF-Agent: describe the program anew": ("rf-agent", "align", ("c006",)),
    "RF-Agent: rate the program": ("rf-agent", "verify", ("c006",)),
}
"""By title: the study that the parents are of, the operator, the parents."""


def conversation(study: str, operator: str, parents: tuple[str, ...]) -> str:
    return as_text(render(brief(study, operator, parents)))


def brief(study: str, operator: str, parents: tuple[str, ...]) -> Brief:
    config = StudyConfig("franka-push", episodes=128)
    settings = preset_settings(PpoSettings, PUSH, "population", "cpu")
    trials = {trial.id: trial for trial in TRIALS.get(study, ())}
    seen = Seen(TOLD, trials, PUSH.horizon, True, {})
    sheet = TaskSheet.of(PUSH, TOLD, training_facts(config, settings, PUSH))
    shown = tuple(parent_of(trials[name], seen) for name in parents)
    return Brief("c009", sheet, operator, shown, 0)


def page() -> str:
    parts = [f"## {title}\n\n````text\n{conversation(*case)}\n````\n" for title, case in CASES.items()]
    return "\n".join((HEAD, *parts))


def test_the_page_shows_what_models_read():
    """To accept new prompts, run this with ``REWARDSMITH_SNAPSHOTS=write`` and read the diff."""
    if os.environ.get("REWARDSMITH_SNAPSHOTS") == "write":
        PAGE.write_text(page(), encoding="utf-8")
    assert page() == PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("title", CASES)
def test_prompts_are_not_too_long(title: str):
    assert len(conversation(*CASES[title])) / CHARACTERS_PER_TOKEN < 6_000


def test_a_third_round_revision_holds_no_riddles():
    """It shows the program with its own results, and one line for each before it."""
    text = conversation("eureka", "reflect", ("c006",))
    first, last = (next(t for t in TRIALS["eureka"] if t.id == name) for name in ("c001", "c006"))
    assert text.count("def compute_reward(\n") == 1, "of all programs only the parent's"
    assert last.candidate.source.strip() in text
    assert "- c001 (initial): true score" in text
    assert "- c006 (reflect of c001): true score" in text
    assert last.candidate.idea[:60] not in text, "it is about a program that is not shown"
    assert first.candidate.idea[:60] not in text


def test_what_is_too_long_is_left_out_from_the_oldest_on():
    """Parents go one by one, and of the last one at last all but its program and a summary."""
    order: Brief | None = brief("rf-agent", "tree_path", ("c002", "c004", "c006"))
    texts: list[str] = []
    while order is not None:
        texts.append(as_text(render(order)))
        order = without_oldest(order)
    lengths = [len(text) for text in texts]
    assert len(lengths) == 4
    assert lengths == sorted(lengths, reverse=True)
    assert all("def compute_reward(tcp_pos: Tensor, tcp_lin_vel: Tensor" in text for text in texts)
    assert "How it came about" not in texts[-1]
    assert "True score 0.148" in texts[-1]
