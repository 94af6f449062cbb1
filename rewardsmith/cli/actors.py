"""Who acts, from what the user wrote: a candidate of a study, a policy file, chance, or nobody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rewardsmith.admission import check_prints
from rewardsmith.baselines import BASELINES
from rewardsmith.comparison import Comparison, is_comparison
from rewardsmith.contracts import VecEnv
from rewardsmith.errors import UsageError, unknown_name
from rewardsmith.heritage import best_policy
from rewardsmith.records import Purpose, Run, Trial
from rewardsmith.reports.trained import is_trained, open_trained
from rewardsmith.shown import command
from rewardsmith.study import Study
from rewardsmith.study_folder import is_study

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Actor:
    """A policy with its name."""

    name: str
    act: Callable[[Tensor], Tensor]
    """``(n, inputs)`` to ``(n, actions)``."""


def find_actor(text: str, task: str, env: VecEnv, seed: int) -> Actor:
    """Understand ``--policy``.

    Args:
        text: ``STUDY/CANDIDATE``, ``STUDY`` (its best), the same of a folder that ``train`` made,
            ``FILE.pt``, ``random`` or ``zero``.
        task: The task that is acted in.
        env: Environments of that task.
        seed: For random actions.

    Raises:
        UsageError: There is no such policy, or it belongs to another task.
        StoreError: What the study says it was trained on is no print of its source.
    """
    if text == "random":
        return _random(env, seed)
    if text == "zero":
        return Actor(
            "no actions (zero)", lambda observation: observation.new_zeros(len(observation), env.action_size)
        )
    path = Path(text)
    if path.suffix == ".pt":
        return _from_file(path, str(path), env)
    if is_study(path):
        return _from_study(path, "best", task, env)
    if is_study(path.parent):
        return _from_study(path.parent, path.name, task, env)
    if is_trained(path):
        return _from_training(path, "best", task, env)
    if is_trained(path.parent):
        return _from_training(path.parent, path.name, task, env)
    if is_comparison(path):
        studies = ", ".join(map(str, Comparison.open(path).studies))
        raise UsageError(
            f"--policy {text} is a comparison. Name one of its studies, such as STUDY/best: "
            f"{studies or 'none has begun'}."
        )
    if text in BASELINES:
        folder = f"runs/{task}-{text}"
        way = command("train", task, "--reward", text, "--out", folder)
        raise UsageError(
            f"--policy {text} is a reward, not a policy. Train one on it, `{way}`, and give --policy "
            f"{folder}; a study keeps those of its comparison, such as STUDY/{text}-baseline-0."
        )
    raise UsageError(
        f"--policy {text}: there is no such study. Give STUDY/CANDIDATE (such as runs/study/best), "
        "the folder of a `train`, FILE.pt, `random` or `zero`."
    )


def _random(env: VecEnv, seed: int) -> Actor:
    import torch

    generator = torch.Generator().manual_seed(seed)
    return Actor(
        "random actions",
        lambda observation: torch.rand(len(observation), env.action_size, generator=generator) * 2 - 1,
    )


def _from_study(folder: Path, name: str, task: str, env: VecEnv) -> Actor:
    with Study.open(folder) as study:
        if study.config.task != task:
            raise UsageError(
                f"{folder} is a study of {study.config.task}, not of {task}. Render that task, or name a "
                f"study of {task}."
            )
        run = trained_run(study, name)
        shown = run.subject if run.purpose == Purpose.SEARCH else run.id
        return _from_file(study.policy_path(run), f"{shown} of {folder}", env)


def _from_training(folder: Path, name: str, task: str, env: VecEnv) -> Actor:
    trained = open_trained(folder)
    if trained.training.task != task:
        raise UsageError(
            f"{folder} has policies of {trained.training.task}, not of {task}. Render that task."
        )
    policy = trained.find(name)
    return _from_file(trained.path(policy), f"{policy.name} of {folder}", env)


def usable_candidate(study: Study, name: str) -> Trial:
    """A candidate that has a policy of its search, and a score.

    Args:
        study: Where to look.
        name: Its id, or ``best``.

    Raises:
        UsageError: There is no such candidate, or it was not trained to the end and scored.
        StoreError: Its program is not what the guard prints of its source.
    """
    run = trained_run(study, name)
    trial = study.trial(run.subject)
    if trial is None or trial.run != run:
        raise UsageError(
            f"{run.id} of {study.folder} is not what the search judged a candidate by; give a candidate, "
            "such as `best`."
        )
    if trial.score is None:
        raise UsageError(
            f"{trial.id} of {study.folder} has no score ({trial.state}); give one that was trained to the "
            "end, such as `best`."
        )
    return trial


def usable_policy(study: Study) -> Run:
    """The run of a candidate whose policy has the highest score, whatever it was trained for.

    Raises:
        UsageError: None has a score.
        StoreError: Its program is not what the guard prints of its source.
    """
    if (run := best_policy(study)) is None:
        raise UsageError(
            f"no policy of {study.folder} has a score yet, so none is the best. Go on with "
            f"`{command('resume', study.folder)}`."
        )
    return trained_run(study, run.id)


def trained_run(study: Study, name: str) -> Run:
    """The run of a candidate, or a run by its id, that has a policy; ``best`` is the winner.

    Raises:
        UsageError: There is none.
        StoreError: Its program is not what the guard prints of its source.
    """
    runs = {run.id: run for run in study.runs}
    runs |= {trial.id: trial.run for trial in study.trials if trial.run}
    winner = study.winner
    identity = winner.id if name == "best" and winner else name
    usable = [
        name
        for name, run in runs.items()
        if run.policy and (run.purpose != Purpose.SEARCH or name == run.subject)
    ]
    usable += ["best"] if winner else []
    trial = study.trial(identity)
    if identity not in runs and trial is None:
        raise unknown_name("candidate", name, usable)
    run = runs.get(identity)
    if run is None or not run.policy:
        state = trial.state if trial else run.label if run else ""
        raise UsageError(
            f"{identity} of {study.folder} has no policy ({state}). These have one: "
            f"{', '.join(usable) or 'none'}."
        )
    check_prints(study, *(candidate for candidate in study.candidates if candidate.id == run.subject))
    return run


def _from_file(path: Path, name: str, env: VecEnv) -> Actor:
    from rewardsmith.training import policy_file  # imports torch, for which help texts do not wait

    trained = policy_file.load(path, env)
    return Actor(name, lambda observation: trained.act(observation[None])[0])
