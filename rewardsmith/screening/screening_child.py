"""The screening process: loads episodes, gives up its rights, runs programs.

One order in, one line a program out.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from torch import Tensor

from rewardsmith.execution.process import answer, claim_stdout
from rewardsmith.records import Screening
from rewardsmith.reward.guard.process_limits import confine, start_clock, stop_clock
from rewardsmith.reward.guard.refusal import RefusedError
from rewardsmith.reward.program import ProgramFailedError, RewardProgram
from rewardsmith.screening.concordance import (
    episode_returns,
    exemplary,
    outcome_concordance,
    progress_concordance,
    standardised,
)
from rewardsmith.screening.pool import Pool, load_pool
from rewardsmith.screening.screen_orders import (
    LOADED,
    ORDER,
    REPORT,
    Fresh,
    Loaded,
    ScreenOrder,
    ScreenReport,
)
from rewardsmith.screening.twins import Twins

_AT_ONCE = 1024
"""Moments that a program is shown at a time. It may want much memory for each;
training shows it as many or more, and so did the guard."""


def rewards(program: str, moments: Mapping[str, Tensor]) -> Tensor | None:
    """What a program says of ``n`` moments, some at a time: the guard found no row to need others.

    Args:
        program: Its text.
        moments: Every signal of the task, ``(n, *shape)``.

    Returns:
        Shape ``(n,)``; ``None`` where the program fails, or where its total is not a finite number
        for each moment.
    """
    totals: list[Tensor] = []
    try:
        compiled = RewardProgram(program)
        for some in _parts(moments):
            total, _ = compiled(some)
            if total.shape != next(iter(some.values())).shape[:1] or not total.isfinite().all():
                return None
            totals.append(total)
    except (RefusedError, ProgramFailedError):
        return None
    return torch.cat(totals)


def judge(totals: Tensor, pool: Pool, nearest: tuple[str, float] | None) -> Screening:
    """The screening of one program.

    Args:
        totals: What it says of all moments, ``(M,)``.
        pool: The episodes.
        nearest: Its twin among the programs before it, and their similarity.
    """
    spread = pool.spread(totals)
    twin, similarity = nearest or ("", None)
    return Screening(
        outcome=outcome_concordance(episode_returns(spread, pool.alive), pool.true_score),
        progress=progress_concordance(spread, pool.alive, exemplary(pool.success, pool.true_score)),
        episodes=len(pool.true_score),
        twin=twin,
        similarity=similarity,
    )


def serve(order: ScreenOrder, pool: Pool, descriptor: int) -> None:
    """Run all programs of an order and report each on ``descriptor``.

    The kernel ends this process if one takes too long.
    """
    twins = Twins(pool.count)
    # All programs, new ones too, are compared on a tensor of their own: the same
    # row among others may differ in its last bit.
    compared = {name: values[twins.compared] for name, values in pool.moments.items()}
    for program in order.programs:
        fresh = isinstance(program, Fresh)
        start_clock()
        said = rewards(program.program, compared)
        totals = rewards(program.program, pool.moments) if fresh else None
        stop_clock()
        screening = None
        if said is not None:
            screening = None if totals is None else judge(totals, pool, twins.nearest(said))
            if screening or not fresh:
                twins.add(program.candidate, said)
        answer(descriptor, REPORT.dump_json(ScreenReport(program.candidate, screening)).decode())


def _parts(moments: Mapping[str, Tensor]) -> Iterator[dict[str, Tensor]]:
    for start in range(0, len(next(iter(moments.values()))), _AT_ONCE):
        yield {name: values[start : start + _AT_ONCE] for name, values in moments.items()}


def _warm_up(pool: Pool) -> None:
    """Use everything once that might open a file or take a lot of memory the first time."""
    name = next(iter(pool.moments))
    for body in (f"{name}.unsqueeze(-1).flatten(1).sum(-1)", f"{name}.view(7, 7, 7)", "nothing"):
        program = (
            f"def compute_reward({name}: Tensor) -> Tuple[Tensor, Dict[str, Tensor]]:\n    x = "
            f"{body}\n    return x, {{'x': x}}\n"
        )
        totals = rewards(program, pool.moments)
        if totals is not None:
            judge(totals, pool, nearest=None)
            standardised(totals)


def main() -> None:
    """Carry out one order: a process that gave up its files cannot load the episodes of another."""
    descriptor = claim_stdout()
    torch.set_num_threads(1)
    order = ORDER.validate_json(sys.stdin.readline())
    pool = load_pool(Path(earlier.episodes) for earlier in order.earlier if earlier.episodes)
    if pool is not None:
        _warm_up(pool)
        confine()
    answer(descriptor, LOADED.dump_json(Loaded(len(pool.true_score) if pool else 0)).decode())
    if pool is not None:
        serve(order, pool, descriptor)


if __name__ == "__main__":
    main()
