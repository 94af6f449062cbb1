"""What a search may spend, asked before every spend."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from rewardsmith.contracts import Quote
from rewardsmith.usage import Usage


@dataclass
class Budget:
    """Counts candidates, money, tokens and hours; what is not limited is ``None``.

    A call is reserved at its quote and settled at its price, so the calls in flight can never
    exceed a limit together. A call without a token count may have been charged, so its reservation
    is kept.
    """

    candidates: int
    """How many may be proposed in all; each one counts, whatever becomes of it."""
    max_usd: float | None = None
    max_tokens: int | None = None
    max_hours: float | None = None
    earlier_s: float = 0.0
    """Seconds that the study took before this process."""
    clock: Callable[[], float] = time.monotonic
    proposed: int = 0
    confirming: int = 0
    """Further trainings of candidates, which count like candidates."""
    tuning: int = 0
    """What other numbers for their programs take, in whole trainings, which count likewise."""
    usd: float = 0.0
    tokens: int = 0
    max_steps: int | None = None
    """Environment steps that the trainings of the search may take together."""
    whole_steps: int = 1
    """Environment steps of a whole training."""
    steps: int = 0
    """Environment steps so far, those of trainings that are due among them."""
    stopped: str = ""
    """The limit that ended the search."""

    def __post_init__(self) -> None:
        self._started = self.clock()
        self._reserved_usd, self._reserved_tokens = 0.0, 0

    @property
    def remaining(self) -> int:
        """Trainings that may still be begun, of new candidates or of known ones."""
        left = self.candidates - self.proposed - self.confirming - self.tuning
        if self.max_steps is None:
            return left
        return min(left, (self.max_steps - self.steps) // self.whole_steps)

    @property
    def seconds(self) -> float:
        """Time that the study took so far."""
        return self.earlier_s + self.clock() - self._started

    @property
    def late(self) -> str:
        """The limit of hours, once it is reached."""
        if self.max_hours is None or self.seconds < 3600 * self.max_hours:
            return ""
        return f"max_hours of {self.max_hours:g} h: the search took {self.seconds / 3600:.2f} h"

    def allows(self) -> bool:
        """Whether another candidate may be proposed."""
        self.stop(self.late)
        return self.remaining > 0 and not self.stopped

    def spend(self, count: int) -> None:
        """Count proposals."""
        assert count <= self.remaining, "a strategy proposed more than it was allowed to"
        self.proposed += count

    def stop(self, limit: str) -> None:
        """End the search for a limit; the first one counts, and none is no limit."""
        self.stopped = self.stopped or limit

    def reserve(self, quote: Quote) -> str:
        """Set aside what a call may cost, or tell the limit that forbids it.

        See :class:`rewardsmith.contracts.Ledger`.
        """
        if self.late:
            return self.late
        if (
            self.max_tokens is not None
            and self.tokens + self._reserved_tokens + quote.tokens > self.max_tokens
        ):
            return (
                f"max_tokens of {self.max_tokens:,}: {self.tokens:,} are spent and one more call may "
                f"take {quote.tokens:,}"
            )
        usd = quote.usd
        if self.max_usd is not None:
            if usd is None:
                return f"max_usd of {self.max_usd:g} USD cannot be kept: {UNKNOWN_PRICE}"
            if self.usd + self._reserved_usd + usd > self.max_usd:
                return (
                    f"max_usd of {self.max_usd:g} USD: {self.usd:.4f} USD are spent and one more call "
                    f"may cost {usd:.4f} USD"
                )
        self._reserved_tokens += quote.tokens
        self._reserved_usd += usd or 0.0
        return ""

    def settle(self, quote: Quote, usage: Usage) -> None:
        """Count what a reserved call cost."""
        self._reserved_tokens -= quote.tokens
        self._reserved_usd = max(0.0, self._reserved_usd - (quote.usd or 0.0))
        self.count(usage, quote.tokens, quote.usd)

    def count(self, usage: Usage, quoted_tokens: int, quoted_usd: float | None) -> None:
        """Count what a call cost, now or before this process.

        Where nobody knows that, what it was quoted at.
        """
        self.tokens += (
            usage.prompt_tokens + usage.completion_tokens + (quoted_tokens if usage.unmetered else 0)
        )
        self.usd += (usage.usd or 0.0) + ((quoted_usd or 0.0) if usage.unmetered else 0.0)

    @property
    def reserved(self) -> tuple[int, float]:
        """Tokens and USD that are set aside for calls in flight."""
        return self._reserved_tokens, self._reserved_usd


UNKNOWN_PRICE = (
    "the model's price is unknown. Give --llm.price-prompt and --llm.price-completion, or limit --max-tokens."
)
