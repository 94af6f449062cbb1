"""From a brief to the messages that a language model gets."""

from __future__ import annotations

from dataclasses import dataclass

from rewardsmith import templates
from rewardsmith.contracts import Brief


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
    """The template that speaks last, and the version of all templates."""


def render(brief: Brief) -> Prompt:
    """Build the conversation: system, task, then what the operator adds, then a repair if one is due.

    As in Eureka the history is one step deep: the parent's program stands as the model's own last
    answer, its training as the user's reply (arXiv 2310.12931, appendix A).
    """
    messages = [Message("system", templates.render("system")), Message("user", templates.render("initial", task=brief.task))]
    last = "initial"
    if brief.parents:
        last = brief.operator
        messages.append(Message("assistant", _as_answer(brief.parents[0].candidate.idea, brief.parents[0].candidate.source)))
        messages.append(Message("user", templates.render(last, task=brief.task, parents=brief.parents)))
    if brief.repair:
        last = "repair"
        if brief.repair.source:
            messages.append(Message("assistant", _as_answer("", brief.repair.source)))
        messages.append(Message("user", templates.render(last, repair=brief.repair)))
    return Prompt(tuple(messages), f"{last}@{templates.version()}")


def as_text(prompt: Prompt) -> str:
    """The whole prompt for a person to read."""
    return "\n\n".join(f"--- {message.role} ---\n{message.content}" for message in prompt.messages)


def _as_answer(idea: str, source: str) -> str:
    return f"{idea}\n\n```python\n{source.strip()}\n```".strip()
