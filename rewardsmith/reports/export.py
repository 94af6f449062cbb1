"""One candidate, for use without its study: reward, policy and a sheet that says what they are."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from pydantic import TypeAdapter

from rewardsmith.baselines import BASELINES
from rewardsmith.capabilities import make_one
from rewardsmith.contracts import BUILT_IN, Task
from rewardsmith.errors import RewardsmithError
from rewardsmith.files import read_bytes
from rewardsmith.heritage import line_of_runs
from rewardsmith.records import Run, Score, program_hash
from rewardsmith.records.limits import POLICY_BYTES
from rewardsmith.reports.lineage import line_of_descent
from rewardsmith.reports.summary import FinalRow, final_rows
from rewardsmith.reports.trained import Policy, Trained
from rewardsmith.reward.standalone import standalone
from rewardsmith.seeds import derive
from rewardsmith.study import Study
from rewardsmith.training import policy_file
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
    began_from: tuple[str, ...]
    """Runs that its policy was carried on from, the oldest first; mostly none."""
    heritage_steps: int
    """Environment steps of all these, and its own."""
    rewardsmith: str
    """Version of the program."""


@dataclass(frozen=True)
class Exported:
    """What is exported: a reward and a policy, wherever they come from."""

    name: str
    """Of the candidate, or of the policy."""
    task: Task
    program: str
    idea: str
    origin: str
    """Where it comes from, a sentence or two."""
    policy: Path
    score: Score
    env_steps: int
    seed: int
    """Of the training."""
    finals: tuple[FinalRow, ...] = ()
    began_from: tuple[str, ...] = ()
    heritage_steps: int = 0


def from_study(study: Study, run: Run, task: Task) -> Exported:
    """A run of a study's candidate that has a score, with the candidate's program."""
    trial, score = study.trial(run.subject), study.score(run)
    assert trial is not None
    assert score is not None
    program = trial.candidate.program
    config = ", ".join(
        f"{name} {value}"
        for name, value in asdict(study.config).items()
        if name in ("strategy", "writer", "seed", "candidates")
    )
    descent = " > ".join(line_of_descent(study.candidates, trial.id))
    *before, _ = line = line_of_runs(study, run)
    return Exported(
        name=trial.id if trial.run == run else run.id,
        task=task,
        # a run with other numbers was of another program than the candidate has now
        program=program if run.program == program_hash(program) else "",
        idea=trial.candidate.idea,
        origin=f"From a search with {config}: {descent}; {run.env_steps:,} environment steps.\n"
        f"{_heritage(line)}{study.store.value('notice') or ''}",
        policy=study.policy_path(run),
        score=score,
        env_steps=run.env_steps,
        seed=run.seed,
        finals=tuple(row for row in final_rows(study) if row.reward in (*BASELINES, trial.id)),
        began_from=tuple(one.id for one in before),
        heritage_steps=sum(one.env_steps for one in line),
    )


def _heritage(line: Sequence[Run]) -> str:
    """A sentence of how a policy came about that did not begin from scratch."""
    if len(line) == 1:
        return ""
    return (
        f"Its training began from an earlier policy: {' > '.join(run.id for run in line)}, "
        f"{sum(run.env_steps for run in line):,} environment steps in all. So the score is one of the "
        "reward and of that heritage.\n"
    )


def from_trained(trained: Trained, policy: Policy, task: Task) -> Exported:
    """A policy of ``train`` that has a score."""
    assert policy.score is not None
    training = trained.training
    return Exported(
        name=policy.name,
        task=task,
        program="" if training.program in BUILT_IN else training.program,
        idea=f"Trained on {training.reward}.",
        origin=f"From `rewardsmith train` with the trainer {training.trainer}: {policy.env_steps:,} "
        "environment steps.",
        policy=trained.path(policy),
        score=policy.score,
        env_steps=policy.env_steps,
        seed=derive("train command", int(policy.name.removeprefix("seed-"))),
        heritage_steps=policy.env_steps,
    )


def _spec(exported: Exported, sizes: tuple[int, int]) -> PolicySpec:
    task = exported.task
    return PolicySpec(
        task=task.name,
        candidate=exported.name,
        observation_size=sizes[0],
        action_size=sizes[1],
        action_meaning=next(
            (signal.meaning for signal in task.signals if signal.name == "actions"), "in [-1, 1]"
        ),
        control_dt=task.control_dt,
        horizon=task.horizon,
        success_rule=task.success_rule,
        score=exported.score,
        finals=exported.finals,
        env_steps=exported.env_steps,
        training_seed=exported.seed,
        began_from=exported.began_from,
        heritage_steps=exported.heritage_steps,
        rewardsmith=version("rewardsmith"),
    )


def export(exported: Exported, folder: Path, *, onnx: bool) -> list[Path]:
    """Write everything into a folder that is new or empty.

    Returns:
        The files, in the order that a reader wants them.

    Raises:
        UsageError: The policy cannot be read.
        RewardsmithError: The folder cannot be written.
    """
    with closing(make_one(exported.task)) as env:
        policy = PortablePolicy(policy_file.load(exported.policy, env))
        spec = _spec(exported, (env.observation_size, env.action_size))
    names = ["README.md", "reward.py", "policy.torchscript", "policy.onnx", "policy.pt", "policy.json"]
    left_out = {"reward.py": not exported.program, "policy.onnx": not onnx}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "README.md").write_text(
            _sheet(exported, spec, onnx=onnx), encoding="utf-8", errors="replace"
        )
        if exported.program:
            (folder / "reward.py").write_text(
                standalone(exported.program, spec.task), encoding="utf-8", errors="replace"
            )
        (folder / "policy.json").write_bytes(TypeAdapter(PolicySpec).dump_json(spec, indent=2))
        (folder / "policy.torchscript").write_bytes(as_torchscript(policy))
        (folder / "policy.pt").write_bytes(read_bytes(exported.policy, POLICY_BYTES))
        if onnx:
            save_onnx(policy, folder / "policy.onnx")
    except OSError as error:
        raise RewardsmithError(
            f"cannot write to {folder}: {error.strerror}. Give a writable folder with --out."
        ) from error
    return [folder / name for name in names if not left_out.get(name)]


def _sheet(exported: Exported, spec: PolicySpec, *, onnx: bool) -> str:
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
    reward_row = (
        f"| `reward.py` | the reward program; `rewardsmith train {spec.task} --reward reward.py` trains on "
        "it again |\n"
    )
    return f"""# {exported.name}: a reward for {spec.task}, and a policy that learnt from it

{exported.idea}

Score {spec.score.mean:.3f} ± {spec.score.standard_error:.3f} over {spec.score.episodes} held-out episodes
({spec.success_rule}). Where it was chosen as the best of several, this is biased upwards.
{finals}
{exported.origin}

| file | what |
|---|---|
{reward_row if exported.program else ""}| `policy.torchscript` | `torch.jit.load` runs it: {shapes} |
{onnx_row}| `policy.pt` | the same for rewardsmith: `rewardsmith render {spec.task} --policy policy.pt` |
| `policy.json` | sizes, time step, score |

One action every {spec.control_dt:g} s: {spec.action_meaning}.
"""


def _number(score: float | None) -> str:
    return "failed" if score is None else f"{score:.3f}"
