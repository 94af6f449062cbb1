"""Every prompt, word for word: who changes one sees in the diff what models will read."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from rewardsmith import templates
from rewardsmith.contracts import Brief, Parent, Repair, TaskSheet
from rewardsmith.drafting import drafted
from rewardsmith.errors import UsageError
from rewardsmith.feedback.feedback import Seen, gather
from rewardsmith.records import Candidate, Draft, Objection, Verdict
from rewardsmith.writers.prompts import OPERATORS, as_text, render
from tests.builders import trained
from tests.toys import TOY

SNAPSHOTS = Path(__file__).with_name("prompts")
SOURCE = (
    "def compute_reward(hand_pos, ball_pos):\n"
    "    near = -torch.norm(hand_pos - ball_pos, dim=-1)\n    return near, {'near': near}\n"
)
PARENTS_OF = {"initial": 0, "crossover": 2, "tree_crossover_elite": 2, "tree_path": 3, "tree_different": 2}


def parent(number: int) -> Parent:
    shown = trained(
        f"c{number:03d}", 0.25 * number,
        components={"near": [0.1 * n for n in range(20)], "calm": [1.0] * 20},
        source=SOURCE, idea=f"Idea {number}: reach for the ball.",
    )  # fmt: skip
    return Parent(shown, gather(shown, Seen((), {}, 10, True, {})).text)


def brief(operator: str, repair: Repair | None = None) -> Brief:
    parents = tuple(parent(number) for number in range(1, 1 + PARENTS_OF.get(operator, 1)))
    return Brief(
        "c009", TaskSheet.of(TOY), operator, parents, seed=1, repair=repair, attempt=2 if repair else 1
    )


CASES = {
    **{operator: brief(operator) for operator in OPERATORS},
    "repair": brief(
        "mutate", Repair(SOURCE, "syntax (line 2): 'cube' is not a signal. Use hand_pos or ball_pos.", 1)
    ),
    "repair_without_code": brief(
        "mutate", Repair("", "writer: the reply was cut off at the token limit.", 1)
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_snapshot(name: str):
    """To accept new prompts, run this and read the diff:

    REWARDSMITH_SNAPSHOTS=write pytest tests/unit/writers/test_prompts.py
    """
    text, path = as_text(render(CASES[name])) + "\n", SNAPSHOTS / f"{name}.txt"
    if os.environ.get("REWARDSMITH_SNAPSHOTS") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", CASES)
def test_no_prompt_shows_the_human_reward_or_the_rule_of_success(name: str):
    text = as_text(render(CASES[name]))
    assert "secret" not in text
    assert TOY.success_rule not in text


@pytest.mark.parametrize("name", CASES)
def test_roles_alternate_and_end_with_the_user(name: str):
    """Chat templates of small models refuse anything else."""
    roles = [message.role for message in render(CASES[name]).messages]
    assert roles[0] == "system"
    assert roles[1:] == ["user", "assistant", "user", "assistant", "user"][: len(roles) - 1]
    assert roles[-1] == "user"


@pytest.mark.parametrize("operator", [o for o in OPERATORS if o not in ("initial", "align", "verify")])
def test_operators_show_their_parents_with_code_score_and_components(operator: str):
    text = as_text(render(brief(operator)))
    for number in range(1, 1 + PARENTS_OF.get(operator, 1)):
        assert f"Idea {number}:" in text
        assert f"true score of {0.25 * number:.3g}" in text
    assert "component near: [" in text
    assert "component calm: [1, 1," in text
    assert "(flat)" in text


@pytest.mark.parametrize("operator", ["align", "verify"])
def test_questions_about_a_program_show_no_training_result(operator: str):
    """RF-Agent judges before anyone sees the result; otherwise the
    rating would only repeat the score."""
    text = as_text(render(brief(operator)))
    assert SOURCE.strip() in text
    assert "true score" not in text
    assert "standard error" not in text


def test_a_repair_does_not_pay_for_the_parents_again():
    prompt = render(CASES["repair"])
    assert "Idea 1" not in as_text(prompt)
    assert "'cube' is not a signal" in prompt.messages[-1].content
    assert SOURCE.strip() in prompt.messages[-2].content


def test_a_repair_names_all_that_was_told_at_once():
    verdict = Verdict(False, "syntax", 2, "x is wrong.", "Do y.", further=(Objection(3, "z, too."),))
    refused = drafted(Candidate("c001", 0, "initial"), Draft("c001", source=SOURCE), verdict, repairs=3)
    prompt = render(brief("initial", Repair(refused.source, refused.reason, refused.attempts)))
    listed = "\n\nsyntax (line 2): x is wrong. Do y.\nsyntax (line 3): z, too.\n\n"
    assert listed in prompt.messages[-1].content


def test_a_program_that_is_far_too_long_is_not_shown_again():
    repaired = render(brief("initial", Repair("x" * 9_000, "lexical: too long.", 1)))
    assert len(as_text(repaired)) < 9_000
    assert "lexical: too long." in repaired.messages[-1].content


def test_the_stamp_names_templates_and_follows_their_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert re.fullmatch(r"system@[0-9a-f]{12} tree_path@[0-9a-f]{12}", render(brief("tree_path")).template)
    assert render(CASES["repair"]).template.split()[-1].startswith("repair@")
    before = {name: templates.stamp(name) for name in ("mutate", "align", "repair")}
    for path in templates.prompt_root().glob("*.j2"):
        (tmp_path / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "programs.j2").write_text("changed", encoding="utf-8")
    monkeypatch.setattr(templates, "prompt_root", lambda: tmp_path)
    after = {name: templates.stamp.__wrapped__(name) for name in before}
    assert before["mutate"] != after["mutate"]  # it includes programs.j2
    assert (before["align"], before["repair"]) == (after["align"], after["repair"])


def test_an_operator_without_a_template_is_refused():
    with pytest.raises(UsageError, match="Did you mean 'mutate'"):
        render(brief("mutat"))
