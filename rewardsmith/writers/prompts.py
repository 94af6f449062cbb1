"""From a brief to the messages that a language model gets."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rewardsmith import templates
from rewardsmith.contracts import ALIGN, VERIFY, Brief, Parent, Repair
from rewardsmith.reward import prelude
from rewardsmith.reward.guard.lexical import MAX_CHARACTERS
from rewardsmith.shown import one_line

CONVERSATIONAL = ("reflect",)
"""Operators that show the parent as the model's own last answer; all
others show their parents in one message."""

MOST_CHARACTERS = 20_000
"""Of a prompt, before older results are cut short: less than 6,000 tokens."""

_IDEA_CHARACTERS = 240
"""Of the idea of a program whose results are cut short."""


@dataclass(frozen=True)
class Message:
    """One turn of a chat."""

    role: str
    content: str


@dataclass(frozen=True)
class Prompt:
    """A rendered prompt and where it came from."""

    messages: tuple[Message, ...]
    template: str
    """The templates of the system's and the last message, each with the version of its text."""


def render(brief: Brief) -> Prompt:
    """Build the conversation: system, then what the operator says, then a repair if one is due.

    If it is too long, the results of all parents but the last become short, one after another from
    the first; the last is the one that the order is about.

    With ``reflect`` the history is one step deep, as in Eureka: the parent's program stands as the
    model's own last answer, its training as the user's reply (arXiv 2310.12931, algorithm 1).
    REvolve and RF-Agent show the parents inside one message without a history.

    Raises:
        UsageError: There is no template for the operator.
    """
    prompt = _render(brief)
    for number, parent in enumerate(brief.parents[:-1]):
        if _characters(prompt) <= MOST_CHARACTERS or not parent.summary:
            break
        parents = (*brief.parents[:number], _in_short(parent), *brief.parents[number + 1 :])
        brief = replace(brief, parents=parents)
        prompt = _render(brief)
    return prompt


def _in_short(parent: Parent) -> Parent:
    candidate = replace(parent.candidate, idea=one_line(parent.candidate.idea, _IDEA_CHARACTERS))
    return Parent(replace(parent.trial, candidate=candidate), parent.summary)


def _characters(prompt: Prompt) -> int:
    return sum(len(message.content) for message in prompt.messages)


def _render(brief: Brief) -> Prompt:
    system = {ALIGN: "persona", VERIFY: "verify_system"}.get(brief.operator, "system")
    messages = [Message("system", templates.render(system, task=brief.task, helpers=prelude.lines()))]
    last = brief.operator
    # A program that is longer than the guard allows is not worth the tokens of being shown again.
    if brief.repair and brief.repair.source and len(brief.repair.source) <= MAX_CHARACTERS:
        messages += _repair(brief, brief.repair)
        last = "repair"
    else:
        messages += _order(brief)
        if brief.repair:
            messages[-1] = _with_complaint(messages[-1], brief.repair)
    return Prompt(tuple(messages), f"{templates.stamp(system)} {templates.stamp(last)}")


def without_oldest(brief: Brief) -> Brief | None:
    """The brief without the oldest part of its history that its prompt shows.

    The last parent stays, since the order is about it; of that, at last, all but a summary goes.
    ``None`` where nothing can be left out.
    """
    shown = render(brief).messages
    for kept in range(len(brief.parents) - 1, 0, -1):
        shorter = replace(brief, parents=brief.parents[-kept:])
        if render(shorter).messages != shown:
            return shorter
    last = brief.parents[-1] if brief.parents else None
    return replace(brief, parents=(_in_short(last),)) if last and last.summary else None


def as_text(prompt: Prompt) -> str:
    """The whole prompt for a person to read."""
    return "\n\n".join(f"--- {message.role} ---\n{message.content}" for message in prompt.messages)


def _order(brief: Brief) -> list[Message]:
    """What the operator says."""
    content = templates.render(brief.operator, task=brief.task, parents=brief.parents, notes=brief.notes)
    if brief.operator not in CONVERSATIONAL:
        return [Message("user", content)]
    parent = brief.parents[0]
    # What it says of a program before it, which is not shown any more, would be a riddle.
    idea = "" if parent.path and parent.candidate.parents else parent.candidate.idea
    return [
        _opening(brief),
        Message("assistant", _as_answer(idea, parent.candidate.source)),
        Message("user", content),
    ]


def _repair(brief: Brief, repair: Repair) -> list[Message]:
    """The task, the refused program and why. The parents are not paid for again, as in RF-Agent."""
    content = templates.render("repair", repair=repair)
    return [_opening(brief), Message("assistant", _as_answer("", repair.source)), Message("user", content)]


def _with_complaint(message: Message, repair: Repair) -> Message:
    """A draft without a program to show: the same order again, with what was wrong.

    Some servers refuse two user messages in a row.
    """
    return replace(message, content=f"{message.content}\n\n{templates.render('no_code', repair=repair)}")


def _opening(brief: Brief) -> Message:
    return Message("user", templates.render("initial", task=brief.task, notes=brief.notes))


def _as_answer(idea: str, source: str) -> str:
    return f"{idea}\n\n```python\n{source.strip()}\n```".strip()


OPERATORS = (
    "initial",
    "reflect",
    "mutate",
    "crossover",
    "tree_mutate_structure",
    "tree_mutate_parameters",
    "tree_crossover_elite",
    "tree_path",
    "tree_different",
    ALIGN,
    VERIFY,
)
"""Every operator of the built-in strategies; the first writes from
nothing, the last two ask about a finished program."""
