"""What every search shares: batches, who was proposed, what came in, and a state that outlives the process.

A search plans batches: Eureka's iteration, REvolve's generation, RF-Agent's expansion. A planned batch is handed out
as fast as the caller asks. Results wait until the next batch is planned and are then learned
from in the order in which they were proposed, so it never matters in which order they came in.
"""

from __future__ import annotations

import json
import math
import random
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass
from typing import Any, ClassVar, Generic, TypeVar

from rewardsmith.contracts import Strategy
from rewardsmith.errors import UsageError
from rewardsmith.records import Candidate, Proposal
from rewardsmith_search.options import Options

Memory = TypeVar("Memory")
Constants = TypeVar("Constants", bound=Options)


def identity(number: int) -> str:
    """The id of the ``number``-th proposal, from 0.

    The runner names candidates in the order of their proposals (``Study.claim``). Strategies rely on
    that here and nowhere else; inside they use numbers.
    """
    return f"c{number:03d}"


def number_of(candidate: str) -> int | None:
    """The inverse of :func:`identity`; ``None`` for an id that the runner never gives."""
    digits = candidate[1:]
    number = int(digits) if digits.isascii() and digits.isdigit() else -1
    return number if number >= 0 and identity(number) == candidate else None


@dataclass(frozen=True)
class Result:
    """What a search wants to know of a candidate."""

    number: int
    score: float | None
    """``None``: it failed. A failure has no number and takes part in no comparison."""
    judgement: float | None

    @classmethod
    def of(cls, number: int, candidate: Candidate) -> Result:
        """A number that is not finite cannot be compared, so it is none."""
        return cls(number, _finite(candidate.score.mean if candidate.score else None), _finite(candidate.judgement))


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


class Search(Strategy, Generic[Constants, Memory]):
    """The part of a strategy that is the same for all. A subclass plans, learns, and codes its memory as JSON."""

    NAME: ClassVar[str]
    VERSION: ClassVar[int] = 1
    """Of the state's format."""

    def __init__(self, seed: int, options: Constants, memory: Memory) -> None:
        """Start with nothing proposed."""
        self._seed = seed
        self._options = options
        self._memory = memory
        self._proposed = 0
        self._allowed = 0
        """Candidates of the whole search, the end of schedules: what the first :meth:`ask` was told."""
        self._pending: set[int] = set()
        self._inbox: list[Result] = []
        """Told, and not learned from yet."""
        self._queue: list[Proposal] = []
        """Planned, and not handed out yet."""

    @abstractmethod
    def _plan(self, limit: int) -> list[Proposal]:
        """The next batch; of any size, as the rest is kept. Empty to wait for results."""

    @abstractmethod
    def _learn(self, results: Sequence[Result]) -> None:
        """Take in results, in the order of their proposals."""

    @abstractmethod
    def _encode(self) -> object:
        """The memory, ready for JSON."""

    @abstractmethod
    def _decode(self, data: Any) -> Memory:
        """The memory that :meth:`_encode` gave."""

    def ask(self, limit: int) -> list[Proposal]:
        """Hand out the rest of the batch, or the next one; ``limit`` at most, and none while results must come first.

        Args:
            limit: How many more candidates the whole search may have. Schedules take their end from the first one.
        """
        self._allowed = self._allowed or self._proposed + limit
        if limit > 0 and not self._queue and not (self._options.barrier and self._pending):
            self._learn(sorted(self._inbox, key=lambda result: result.number))
            self._inbox = []
            self._queue = self._plan(limit)
        count = max(0, min(limit, len(self._queue)))
        batch, self._queue = self._queue[:count], self._queue[count:]
        self._pending.update(range(self._proposed, self._proposed + count))
        self._proposed += count
        return batch

    def tell(self, candidates: Sequence[Candidate]) -> None:
        """Hear of final candidates, in any order.

        Raises:
            UsageError: One was never proposed, was told before, or is not final. Nothing is taken in then.
        """
        results: dict[int, Result] = {}
        for candidate in candidates:
            number = number_of(candidate.id)
            if number is None or number >= self._proposed:
                last = f"c000 to {identity(self._proposed - 1)}" if self._proposed else "none yet"
                raise UsageError(f"the {self.NAME} search was told of {candidate.id!r}, which it never proposed. Proposed are: {last}.")
            if number not in self._pending or number in results:
                raise UsageError(f"the {self.NAME} search was told of {candidate.id!r} twice. Tell each candidate once.")
            if not candidate.state.final:
                raise UsageError(
                    f"the {self.NAME} search was told of {candidate.id!r}, which is still {candidate.state}. Tell it when final."
                )
            results[number] = Result.of(number, candidate)
        self._pending -= results.keys()
        self._inbox += results.values()

    def state(self) -> str:
        """Everything remembered, as JSON."""
        return json.dumps(
            self._header()
            | {
                "proposed": self._proposed,
                "allowed": self._allowed,
                "pending": sorted(self._pending),
                "inbox": sorted(astuple(result) for result in self._inbox),
                "queue": [astuple(proposal) for proposal in self._queue],
                "memory": self._encode(),
            }
        )

    def restore(self, state: str) -> None:
        """Continue from :meth:`state`.

        Raises:
            UsageError: It is damaged, or of another strategy, version, seed or set of options. Nothing is changed then.
        """
        data = self._checked(state)
        try:
            proposed, allowed, pending = int(data["proposed"]), int(data["allowed"]), set(data["pending"])
            inbox = [Result(*result) for result in data["inbox"]]
            queue = [Proposal(operator, tuple(parents), tuple(follow_ups)) for operator, parents, follow_ups in data["queue"]]
            memory = self._decode(data["memory"])
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            raise UsageError(f"the state of the {self.NAME} search is damaged ({error!r}). Run the study again from its store.") from error
        self._proposed, self._allowed, self._pending = proposed, allowed, pending
        self._inbox, self._queue, self._memory = inbox, queue, memory

    def _rng(self) -> random.Random:
        """Chance for the next batch. It hangs on the seed and on the number of proposals alone, so there is nothing to save."""
        return random.Random(f"{self.NAME}/{self._seed}/{self._proposed}")

    def _header(self) -> dict[str, object]:
        return {"strategy": self.NAME, "version": self.VERSION, "seed": self._seed, "options": asdict(self._options)}

    def _checked(self, state: str) -> dict[str, Any]:
        try:
            data = json.loads(state)
        except ValueError:
            data = None
        if not isinstance(data, dict) or "strategy" not in data or not isinstance(data.get("version"), int):
            raise UsageError(
                f"no state of the {self.NAME} search, or one of a version before 1: {state[:60]!r}. Give what state() returned."
            )
        if data["strategy"] == self.NAME and data["version"] > self.VERSION:
            raise UsageError(f"the state has version {data['version']}, this program reads {self.VERSION}. Use the newer rewardsmith.")
        for key, own in self._header().items():
            if data.get(key) != own:
                raise UsageError(f"the state is of a search with {key} {data.get(key)!r}, this one has {own!r}. Restore it with its own.")
        return data
