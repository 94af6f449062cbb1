"""Whether the human reward teaches the tasks in time, and the sparse one does not.

    .venv/bin/python benchmarks/task_learning.py [--out results/task-learning]

On an otherwise idle machine, for the limits are wall clock, from the start of the command to the
end of its scoring. Every training is `rewardsmith train TASK --reward R --seeds S` with the preset
of the task, one after another. Finished ones stay in `runs/task-learning` and are kept.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import plotly.graph_objects as go
from plotly.subplots import make_subplots
from pydantic import TypeAdapter

from rewardsmith.registry import TASKS
from rewardsmith.reports.trained import Policy
from rewardsmith.settings import preset_settings
from rewardsmith.training.ppo import PpoSettings

LIMITS_S = {
    "franka-reach": 45,
    "franka-push": 180,
    "franka-lift": 300,
    "franka-drawer": 600,
    "franka-door": 600,
}
"""What a training may take on two cores."""
SPARSE = ("franka-push", "franka-lift", "franka-drawer", "franka-door")
"""Tasks that the sparse reward must not teach."""
SEEDS = (0, 1, 2)
WANTED, CHANCE = 0.9, 0.2
RUNS = Path("runs/task-learning")


@dataclass(frozen=True)
class Run:
    """One training."""

    task: str
    reward: str
    seed: int
    wall_s: float
    result: Policy


def train(task: str, reward: str, seed: int) -> Run:
    """Train, unless that was done before."""
    folder = RUNS / f"{task}-{reward}-{seed}"
    clock = folder / "wall_s.txt"
    if not clock.exists():
        command = ["train", task, "--reward", reward, "--seeds", str(seed), "--out", str(folder)]
        started = time.perf_counter()
        subprocess.run([sys.executable, "-m", "rewardsmith.cli.main", *command], check=True)
        clock.write_text(f"{time.perf_counter() - started:.1f}", encoding="utf-8")
    (result,) = TypeAdapter(list[Policy]).validate_json((folder / "results.json").read_bytes())
    return Run(task, reward, seed, float(clock.read_text(encoding="utf-8")), result)


def row(runs: list[Run]) -> str:
    """A line of the table: one task and reward, all seeds."""
    first = runs[0]
    scores = [run.result.score.mean if run.result.score else None for run in runs]
    shown = ", ".join("failed" if score is None else f"{score:.3f}" for score in scores)
    known = [score for score in scores if score is not None]
    if first.reward == "human":
        met = (
            len(known) == len(runs)
            and min(known) >= WANTED
            and max(run.wall_s for run in runs) <= LIMITS_S[first.task]
        )
        wanted = f"at least {WANTED} within {LIMITS_S[first.task]} s"
    else:
        met, wanted = len(known) == len(runs) and max(known) < CHANCE, f"below {CHANCE}"
    seconds = ", ".join(f"{run.wall_s:.0f}" for run in runs)
    return (
        f"| {first.task} | {first.reward} | {first.result.env_steps:,} | {shown} | {seconds} | {wanted} "
        f"| {'yes' if met else 'no'} |"
    )


def write_curves(runs: list[Run], folder: Path) -> None:
    """All training curves as a table and as a picture."""
    with (folder / "curves.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("task", "reward", "seed", "env_steps", "training_success"))
        for run in runs:
            for steps, success in curve(run):
                table.writerow(
                    (run.task, run.reward, run.seed, steps, "" if success is None else f"{success:.4f}")
                )
    tasks = list(LIMITS_S)
    figure = make_subplots(
        rows=1, cols=len(tasks), subplot_titles=tasks, shared_yaxes=True, horizontal_spacing=0.02
    )
    for run in runs:
        steps, success = zip(*curve(run), strict=True)
        colour = "#1f77b4" if run.reward == "human" else "#999999"
        figure.add_trace(
            go.Scatter(
                x=steps,
                y=success,
                line={"color": colour, "width": 1.5},
                name=run.reward,
                showlegend=run is runs[0],
            ),
            row=1,
            col=tasks.index(run.task) + 1,
        )
    figure.update_yaxes(range=[-0.02, 1.02])
    figure.update_layout(
        template="plotly_white",
        width=1200,
        height=280,
        margin={"l": 40, "r": 10, "t": 40, "b": 40},
        showlegend=False,
    )
    figure.write_image(folder / "curves.svg")


def curve(run: Run) -> list[tuple[int, float | None]]:
    """Success of training episodes after every update."""
    (values,) = (curve.values for curve in run.result.progress if curve.name == "success")
    return [
        ((n + 1) * preset_settings(PpoSettings, TASKS.load(run.task), "population", "cpu").epoch_steps, value)
        for n, value in enumerate(values)
    ]


def main() -> None:
    """Train what is missing and write everything."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("results/task-learning"))
    out = parser.parse_args().out
    groups = [[train(task, "human", seed) for seed in SEEDS] for task in LIMITS_S]
    groups += [[train(task, "sparse", SEEDS[0])] for task in SPARSE]
    out.mkdir(parents=True, exist_ok=True)
    head = (
        "| task | reward | steps | held-out success per seed | seconds, wall | wanted | met |\n"
        "|---|---|---:|---|---|---|---|"
    )
    table = "\n".join((head, *map(row, groups)))
    (out / "table.md").write_text(table + "\n", encoding="utf-8")
    write_curves([run for group in groups for run in group], out)
    print(table)


if __name__ == "__main__":
    main()
