"""What language-model calls cost."""

from __future__ import annotations

from dataclasses import dataclass, fields

MAX_COUNT = 1_000_000_000
"""Tokens of one call; a server that counts more does not count."""
_MAX_SUM = 10**18
"""Of anything: above what any study can reach, below what floats cannot hold."""
MAX_PRICE = 1e6
"""USD per million tokens."""


@dataclass(frozen=True)
class Usage:
    """What language-model calls cost. ``usd`` is ``None`` where the price is unknown."""

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    usd: float | None = None
    cached_tokens: int = 0
    """Part of the prompt tokens that the provider had cached, and charges less for."""
    reasoning_tokens: int = 0
    """Part of the completion tokens that the model thought and did not say."""
    unmetered: int = 0
    """Calls without a token count, such as a lost reply: perhaps
    charged, and in none of the other figures."""

    def __post_init__(self) -> None:
        """Refuse what nobody can have spent: a budget that counts below zero never ends.

        Raises:
            ValueError: A number is negative, absurd or not finite.
        """
        for field in fields(self):
            number = getattr(self, field.name)
            if number is not None and not 0 <= number <= _MAX_SUM:  # so written, NaN is refused as well
                raise ValueError(f"{field.name} is not between 0 and {_MAX_SUM:g}")

    def __add__(self, other: Usage) -> Usage:
        """Add two usages; a sum with an unknown price of real calls stays unknown."""
        return Usage(
            _sum(self.calls, other.calls),
            _sum(self.prompt_tokens, other.prompt_tokens),
            _sum(self.completion_tokens, other.completion_tokens),
            _add_prices(self, other),
            _sum(self.cached_tokens, other.cached_tokens),
            _sum(self.reasoning_tokens, other.reasoning_tokens),
            _sum(self.unmetered, other.unmetered),
        )


def _sum(a: int, b: int) -> int:
    return min(a + b, _MAX_SUM)


def _add_prices(a: Usage, b: Usage) -> float | None:
    if a.calls and b.calls:
        return None if a.usd is None or b.usd is None else min(a.usd + b.usd, float(_MAX_SUM))
    return a.usd if a.calls else b.usd


@dataclass(frozen=True)
class Price:
    """What a model costs, in USD per million tokens."""

    prompt: float
    completion: float
    cached: float | None = None
    """For prompt tokens that the provider had cached; ``None``: as any others."""

    def __post_init__(self) -> None:
        """Refuse what is no price.

        Raises:
            ValueError: One is negative, absurd or not finite.
        """
        for name, price in vars(self).items():
            if price is not None and not 0 <= price <= MAX_PRICE:
                raise ValueError(
                    f"the price {name} is not between 0 and {MAX_PRICE:g} USD per million tokens"
                )

    def of(self, usage: Usage) -> float:
        """The price of a usage in USD."""
        cached = self.prompt if self.cached is None else self.cached
        fresh_tokens = usage.prompt_tokens - usage.cached_tokens
        return (
            fresh_tokens * self.prompt
            + usage.cached_tokens * cached
            + usage.completion_tokens * self.completion
        ) / 1e6
