"""What language-model calls cost."""

from __future__ import annotations

from dataclasses import dataclass

_MOST = 10**15


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
    """Calls without a token count, such as a lost reply: perhaps charged, and in none of the other figures."""

    def __add__(self, other: Usage) -> Usage:
        """Add two usages; a sum with an unknown price of real calls stays unknown."""
        return Usage(
            self.calls + other.calls,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            _add_prices(self, other),
            self.cached_tokens + other.cached_tokens,
            self.reasoning_tokens + other.reasoning_tokens,
            self.unmetered + other.unmetered,
        )


def plausible(usage: Usage) -> Usage:
    """A usage that was read from a file, if it can be one.

    Raises:
        ValueError: A count or the price is negative, absurd or no number.
    """
    counts = {name: value for name, value in vars(usage).items() if name != "usd"}
    odd = next((name for name, value in counts.items() if not 0 <= value <= _MOST), "")
    if odd or (usage.usd is not None and not 0 <= usage.usd <= _MOST):
        raise ValueError(f"{odd or 'usd'} should be from 0 to {_MOST:g}")
    return usage


def _add_prices(a: Usage, b: Usage) -> float | None:
    if a.calls and b.calls:
        return None if a.usd is None or b.usd is None else a.usd + b.usd
    return a.usd if a.calls else b.usd


@dataclass(frozen=True)
class Price:
    """What a model costs, in USD per million tokens."""

    prompt: float
    completion: float
    cached: float | None = None
    """For prompt tokens that the provider had cached; ``None``: as any others."""

    def of(self, usage: Usage) -> float:
        """The price of a usage in USD."""
        cached = self.prompt if self.cached is None else self.cached
        fresh_tokens = usage.prompt_tokens - usage.cached_tokens
        return (fresh_tokens * self.prompt + usage.cached_tokens * cached + usage.completion_tokens * self.completion) / 1e6
