"""Takes and frees 128 MB again and again; says how often the kernel had to
clear a page for that, and what it all adds up to."""

from __future__ import annotations

import json
import resource
import sys
from concurrent.futures import ThreadPoolExecutor

import torch

from rewardsmith.execution.memory import keep_freed_memory

ROUNDS, BLOCKS = 10, 8


def take(value: int) -> float:
    """Blocks of 16 MB side by side, all freed at the end of each round."""
    total = 0.0
    for _ in range(ROUNDS):
        total += sum(
            float(block.sum())
            for block in [torch.full((4_000_000,), value + n, dtype=torch.float32) for n in range(BLOCKS)]
        )
    return total


def main() -> None:
    torch.set_num_threads(1)
    if sys.argv[1:] == ["keep"]:
        keep_freed_memory()
        keep_freed_memory()  # as often as one likes
    first = take(1)
    before = resource.getrusage(resource.RUSAGE_SELF)
    second = take(1)
    after = resource.getrusage(resource.RUSAGE_SELF)
    with ThreadPoolExecutor(2) as threads:
        beside = list(threads.map(take, (1, 2)))
    faults = after.ru_minflt - before.ru_minflt
    print(
        json.dumps(
            {
                "sums": [first, second, *beside],
                "faults": faults,
                "grown_mb": (after.ru_maxrss - before.ru_maxrss) / 1024,
            }
        )
    )


if __name__ == "__main__":
    main()
