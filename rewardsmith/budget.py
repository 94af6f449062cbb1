"""What a search may spend, asked before every spend."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Budget:
    """Counts candidates; each one counts, whatever becomes of it."""

    candidates: int
    """How many may be proposed in all."""
    proposed: int = 0

    @property
    def remaining(self) -> int:
        """Candidates that may still be proposed."""
        return self.candidates - self.proposed

    def allows(self) -> bool:
        """Whether another candidate may be proposed."""
        return self.remaining > 0

    def spend(self, count: int) -> None:
        """Count proposals."""
        assert count <= self.remaining, "a strategy proposed more than it was allowed to"
        self.proposed += count
