"""How much faster a search is when nothing waits for a slow reply.

    python benchmarks/overlap.py --out overlap.json
    python benchmarks/overlap.py --label "closed batches" --out before.json

The second command is for a checkout from before. A real server on this machine takes 5 to 60 s for
each reply, drawn with a seed in the order of the requests; its programs hang on the words of the
request alone. RF-Agent searches 32 candidates of franka-reach, with and without barrier; each
command line is a process of its own. Printed are wall clock, and how long nothing was trained and
nothing was written.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from rewardsmith.study import Study
from tests.servers import ChatServer, Exchange, Reaction, completion, serving

_PROGRAM = """\
Move the tool to the goal, closer is better.

```python
def compute_reward(tcp_pos, goal_pos, actions):
    near = {a:.3f} * torch.exp(-torch.norm(goal_pos - tcp_pos, dim=-1) / {b:.3f})
    effort = -{c:.4f} * torch.sum(actions * actions, dim=-1)
    return near + effort, {{"near": near, "effort": effort}}
```

It would rise along the way of an expert. [0.5]
"""


class Slow:
    """A model that thinks; remembers how many requests it had at a time."""

    def __init__(self, seed: int, fastest_s: float, slowest_s: float) -> None:
        self._delays, self._range = random.Random(seed), (fastest_s, slowest_s)
        self._lock = threading.Lock()
        self._open, self._since = 0, time.monotonic()
        self.idle_s = 0.0

    def react(self, exchange: Exchange) -> Reaction:
        """Wait, then write a program that hangs on the request's words."""
        with self._lock:
            delay = self._delays.uniform(*self._range)
            self.idle_s += 0.0 if self._open else time.monotonic() - self._since
            self._open += 1
        draw = random.Random(hashlib.sha256(exchange.text.encode()).hexdigest())
        text = _PROGRAM.format(a=draw.uniform(0.5, 2.0), b=draw.uniform(0.05, 0.3), c=draw.uniform(0.0, 0.01))
        time.sleep(delay)
        with self._lock:
            self._open -= 1
            self._since = time.monotonic()
        return completion(text)


def measure(options: argparse.Namespace, barrier: bool | None) -> dict[str, float | str]:
    """One search."""
    slow = Slow(options.seed, options.fastest, options.slowest)
    with serving(slow.react) as server, tempfile.TemporaryDirectory() as folder:
        started = time.monotonic()
        slow._since = started
        _search(server, Path(folder) / "study", options, barrier)
        seconds = time.monotonic() - started
        row = {"wall_s": round(seconds, 1), "writer_idle_s": round(slow.idle_s, 1)}
        if options.label:
            return {"search": options.label, **row}
        trained = _trained_s(Path(folder) / "study")
        return {
            "search": "with barrier" if barrier else "without barrier",
            **row,
            "trainer_idle_s": round(seconds - trained, 1),
        }


def _trained_s(folder: Path) -> float:
    """Seconds in which anything was trained; runs side by side share them."""
    with Study.open(folder) as study:
        return sum(run.wall_s for run in study.runs)


def _search(server: ChatServer, folder: Path, options: argparse.Namespace, barrier: bool | None) -> None:
    chosen = [] if barrier is None else ["--strategy-options", "barrier", str(barrier)]
    subprocess.run(
        [
            sys.executable, "-m", "rewardsmith.cli.main", "search", "franka-reach",
            "--strategy", "rf-agent", "--writer", "openai", "--llm.model", "m", "--llm.base-url", server.url,
            "--candidates", str(options.candidates), "--seed", "0", "--final-seeds", "0", "--no-baselines",
            "--episodes", "32", "--training.env-steps", str(options.steps),
            *options.extra, *chosen, "--out", str(folder),
        ],
        check=True,
        env={**os.environ, "OPENAI_API_KEY": "k"},
        stdout=subprocess.DEVNULL,
    )  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--candidates", type=int, default=32)
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--fastest", type=float, default=5.0)
    parser.add_argument("--slowest", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--label", default="", help="measure the default only, and call it so")
    parser.add_argument(
        "--extra", nargs="*", default=["--finalists", "1"], help="further flags of the search"
    )
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    rows = [measure(options, barrier) for barrier in ((None,) if options.label else (True, False))]
    print(json.dumps(rows, indent=2))
    if options.out:
        options.out.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
