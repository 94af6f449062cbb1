"""What one endpoint turned out not to take: it is asked without that from then on."""

from __future__ import annotations

from rewardsmith.writers.backend import Parameters
from rewardsmith.writers.openai.refusals import Refusal
from rewardsmith.writers.prompts import Message, Prompt

_LIMITS = ("max_completion_tokens", "max_tokens")
"""The limit of a reply, by its name of today and the one that older servers know."""


class Habits:
    """Remembers refused parameters and a refused role of the system."""

    def __init__(self) -> None:
        """Everything is taken until it is refused."""
        self._refused: set[str] = set()
        self._system = True

    def parameters(self, wanted: Parameters) -> Parameters:
        """The parameters that this server takes."""
        sent = {name: value for name, value in wanted.items() if name not in self._refused}
        today, older = _LIMITS
        if today in self._refused:
            sent[older] = wanted[today]
        return sent

    def messages(self, prompt: Prompt) -> tuple[Message, ...]:
        """The messages as this server takes them.

        Where it knows no role of the system, that text begins the first message of the user.
        """
        first, *rest = prompt.messages
        if self._system or first.role != "system" or not rest:
            return prompt.messages
        return (Message(rest[0].role, f"{first.content}\n\n{rest[0].content}"), *rest[1:])

    def learn(self, refusal: Refusal, messages: tuple[Message, ...], parameters: Parameters) -> bool:
        """Whether the refusal tells what to do without; the same request may then be answered."""
        if messages[0].role == "system" and refusal.of_the_system_role:
            self._system = False
            return True
        name = refusal.parameter(parameters)
        # the last limit of a reply stays: without one, a call may cost more than its quote
        if not name or name == _LIMITS[1]:
            return False
        self._refused.add(name)
        return True
