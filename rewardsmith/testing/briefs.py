"""Orders to writers, and a ledger that counts."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from rewardsmith.contracts import ALIGN, VERIFY, Brief, Ledger, Parent, Quote, Task, TaskSheet, Writer
from rewardsmith.records import Call, Draft
from rewardsmith.registry import TASKS
from rewardsmith.testing.trials import trained
from rewardsmith.writers.prompts import OPERATORS

ASKED = tuple(operator for operator in OPERATORS if operator not in (ALIGN, VERIFY))
"""Operators that ask for a program."""
SOURCE = """\
def compute_reward(tcp_pos, goal_pos):
    near = torch.exp(-torch.norm(goal_pos - tcp_pos, dim=-1) / 0.1)
    return near, {"near": near}
"""
_PARENTS = {"initial": 0, "crossover": 2, "tree_crossover_elite": 3, "tree_path": 3, "tree_different": 2}


def reach() -> Task:
    """The task that all briefs are about: ``franka-reach``."""
    return TASKS.load("franka-reach")


def named(operator: str) -> str:
    """The candidate of an operator; those between are the parents."""
    return f"c{10 * OPERATORS.index(operator):03d}"


def parents(count: int, plan: str = "") -> tuple[Parent, ...]:
    """Candidates that were trained, each a little better than the last.

    Args:
        count: How many.
        plan: What their writer kept of them for itself.
    """
    # the latter two: the grammar writer's
    curves = {name: [0.1, 0.2] for name in ("near", "achieve", "precision")}
    trials = [
        trained(f"c{n + 1:03d}", 0.1 * n, plan=plan, source=SOURCE, components=curves) for n in range(count)
    ]
    return tuple(Parent(trial, "it was trained") for trial in trials)


def brief(operator: str, plan: str = "", **changes: object) -> Brief:
    """An order for the operator's own candidate, with as many parents as it shows."""
    sheet = TaskSheet.of(reach())
    made = Brief(named(operator), sheet, operator, parents(_PARENTS.get(operator, 1), plan), 7)
    return replace(made, **changes)  # pyright: ignore[reportArgumentType]


@dataclass
class CountingLedger:
    """Counts what is reserved and settled (see :class:`rewardsmith.contracts.Ledger`)."""

    limit: str = ""
    """What forbids every call; empty: nothing does."""
    calls: list[Call] = field(default_factory=list)
    reserved: int = 0

    def recall(self, request: str) -> Call | None:
        """An answer that came before."""
        return next((call for call in self.calls if call.answered and call.request == request), None)

    def reserve(self, quote: Quote) -> str:
        """Count a call, unless there is a limit."""
        del quote
        self.reserved += not self.limit
        return self.limit

    def settle(self, quote: Quote, call: Call) -> None:
        """Keep a call."""
        del quote
        self.calls.append(call)

    def tell(self, text: str) -> None:
        """Nobody listens."""


def write_all(scribe: Writer, orders: Sequence[Brief], ledger: Ledger, *, close: bool = True) -> list[Draft]:
    """Drafts, asked for by as many threads as there may be.

    An interruption gives up what is under way.
    """
    threads = ThreadPoolExecutor(scribe.concurrency)
    try:
        return list(threads.map(lambda order: scribe.write(order, ledger), orders))
    except KeyboardInterrupt:
        threads.shutdown(wait=False, cancel_futures=True)
        scribe.close()
        raise
    finally:
        threads.shutdown(cancel_futures=True)
        if close:
            scribe.close()
