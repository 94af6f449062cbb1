"""One candidate, for use without its study: reward, policy and a sheet that says what they are."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from pydantic import TypeAdapter

from rewardsmith.contracts import Task
from rewardsmith.errors import RewardsmithError
from rewardsmith.files import read_bytes
from rewardsmith.records import Score, Trial
from rewardsmith.records.limits import POLICY_BYTES
from rewardsmith.reports.lineage import line_of_descent
from rewardsmith.reports.summary import FinalRow, final_rows
from rewardsmith.study import Study
from rewardsmith.training.policy_file import TrainedPolicy
from rewardsmith.training.portable import PortablePolicy, as_torchscript, save_onnx


@dataclass(frozen=True)
class PolicySpec:
    """``policy.json``: what the policy takes and gives, and how good it is."""

    task: str
    candidate: str
    observation_size: int
    """Numbers in an observation, not normalised: the policy does that itself."""
    action_size: int
    action_meaning: str
    control_dt: float
    """Seconds between two actions."""
    horizon: int
    """Control steps per episode."""
    success_rule: str
    score: Score
    """On held-out episodes; of the best of several candidates it is biased upwards."""
    finals: tuple[FinalRow, ...]
    """The reward trained again on fresh seeds, beside the baselines."""
    env_steps: int
    training_seed: int
    rewardsmith: str
    """Version of the program."""


def policy_spec(study: Study, trial: Trial, task: Task, sizes: tuple[int, int]) -> PolicySpec:
    """Collect the sheet.

    Args:
        study: Where the candidate is from.
        trial: One that has a score.
        task: The study's task.
        sizes: Numbers in an observation and in an action.
    """
    run, score = trial.run, trial.score
    assert run is not None
    assert score is not None
    return PolicySpec(
        task=task.name,
        candidate=trial.id,
        observation_size=sizes[0],
        action_size=sizes[1],
        action_meaning=next(
            (signal.meaning for signal in task.signals if signal.name == "actions"), "in [-1, 1]"
        ),
        control_dt=task.control_dt,
        horizon=task.horizon,
        success_rule=task.success_rule,
        score=score,
        finals=tuple(row for row in final_rows(study) if row.reward in ("human", "sparse", trial.id)),
        env_steps=run.env_steps,
        training_seed=run.seed,
        rewardsmith=version("rewardsmith"),
    )


def export(
    study: Study, trial: Trial, trained: TrainedPolicy, spec: PolicySpec, folder: Path, *, onnx: bool
) -> list[Path]:
    """Write everything into a folder that is new or empty.

    Returns:
        The files, in the order that a reader wants them.

    Raises:
        RewardsmithError: The folder cannot be written.
    """
    assert trial.run is not None
    policy = PortablePolicy(trained)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "README.md").write_text(_sheet(study, trial, spec, onnx=onnx), encoding="utf-8")
        (folder / "reward.py").write_text(trial.candidate.program, encoding="utf-8")
        (folder / "policy.json").write_bytes(TypeAdapter(PolicySpec).dump_json(spec, indent=2))
        (folder / "policy.torchscript").write_bytes(as_torchscript(policy))
        (folder / "policy.pt").write_bytes(read_bytes(study.policy_path(trial.run), POLICY_BYTES))
        if onnx:
            save_onnx(policy, folder / "policy.onnx")
    except OSError as error:
        raise RewardsmithError(
            f"cannot write to {folder}: {error.strerror}. Give a writable folder with --out."
        ) from error
    names = (
        "README.md",
        "reward.py",
        "policy.torchscript",
        *(["policy.onnx"] if onnx else []),
        "policy.pt",
        "policy.json",
    )
    return [folder / name for name in names]


def _sheet(study: Study, trial: Trial, spec: PolicySpec, *, onnx: bool) -> str:
    """The README of an export."""
    rows = "".join(
        f"| {row.reward} | {_number(row.mean)} | {', '.join(map(_number, row.scores))} |\n"
        for row in spec.finals
    )
    finals = (
        (
            "\nTrained again on fresh seeds, scored on fresh episodes:\n\n| reward | mean | per seed "
            f"|\n|---|---|---|\n{rows}"
        )
        if rows
        else ""
    )
    shapes = f"observations `(n, {spec.observation_size})` to actions in [-1, 1], `(n, {spec.action_size})`"
    onnx_row = "| `policy.onnx` | the same as ONNX |\n" if onnx else ""
    config = ", ".join(
        f"{name} {value}"
        for name, value in asdict(study.config).items()
        if name in ("strategy", "writer", "seed", "candidates")
    )
    descent = " > ".join(line_of_descent(study.candidates, trial.id))
    return f"""# {trial.id}: a reward for {spec.task}, and a policy that learnt from it

{trial.candidate.idea}

Score {spec.score.mean:.3f} ± {spec.score.standard_error:.3f} over {spec.score.episodes} held-out episodes
({spec.success_rule}). Where it was chosen as the best of several, this is biased upwards.
{finals}
From a search with {config}: {descent}; {spec.env_steps:,} environment steps.
{study.store.value("notice") or ""}

| file | what |
|---|---|
| `reward.py` | the reward program; `rewardsmith train {spec.task} --reward reward.py` trains on it again |
| `policy.torchscript` | `torch.jit.load` runs it: {shapes} |
{onnx_row}| `policy.pt` | the same for rewardsmith: `rewardsmith render {spec.task} --policy policy.pt` |
| `policy.json` | sizes, time step, score |

One action every {spec.control_dt:g} s: {spec.action_meaning}.
"""


def _number(score: float | None) -> str:
    return "failed" if score is None else f"{score:.3f}"
