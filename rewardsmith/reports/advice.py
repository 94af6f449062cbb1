"""What to make of a search's scores, and what to do next, in a sentence or two."""

from __future__ import annotations

from collections.abc import Sequence

from rewardsmith.baselines import BASELINES, HUMAN
from rewardsmith.baselines import baselines as baselines_of
from rewardsmith.config import StudyConfig
from rewardsmith.config_file import from_mapping
from rewardsmith.contracts import NATIVE, SPARSE, Device, TrainerSettings
from rewardsmith.errors import RewardsmithError
from rewardsmith.registry import STRATEGIES, TASKS, TRAINERS
from rewardsmith.settings import preset_settings
from rewardsmith.shown import count, number

_FAR_BELOW = 0.25
"""Share of a preset's steps below which hardly any reward is learnt."""
_SOLVED = 0.9
"""Success rate from which a task counts as solved."""
_GRAMMAR = "grammar"
BASELINE = "random"
"""The strategy that only samples, with which the others are compared."""
_MANY_DRAWS = 100
"""More than any strategy draws before it is told of some."""


def told_from_zero(mean: float | None, standard_error: float | None, *, has_metric: bool = False) -> bool:
    """Whether a score lies more than two standard errors from zero.

    In a metric zero means nothing, so that every score counts.
    """
    if mean is None:
        return False
    return has_metric or abs(mean) > 2.0 * (standard_error or 0.0)


def has_metric(task: str) -> bool:
    """Whether a task's score is a metric; not where the task is not installed here."""
    try:
        return task in TASKS.names() and TASKS.load(task).has_metric
    except RewardsmithError:
        return False


def baselines_known(task: str) -> tuple[str, ...]:
    """The baselines of a task; all that there are, where it is not installed here."""
    try:
        return baselines_of(TASKS.load(task)) if task in TASKS.names() else BASELINES
    except RewardsmithError:
        return BASELINES


def preset_steps(task: str, trainer: str, device: Device) -> int | None:
    """Environment steps of a task's preset, where task and trainer are installed."""
    try:
        return preset_settings(TRAINERS.load(trainer).Settings, TASKS.load(task), trainer, device).env_steps
    except RewardsmithError:
        return None


def few_steps(task: str, trainer: str, settings: TrainerSettings) -> str:
    """A warning where trainings are far shorter than the preset's; else nothing."""
    return _few(settings.env_steps, preset_steps(task, trainer, settings.device), task)


def _few(steps: int, preset: int | None, task: str) -> str:
    if not preset or not 0 < steps < _FAR_BELOW * preset:
        return ""
    return (
        f"a training has {count(steps)} environment steps, the preset of {task} has {count(preset)}: with so "
        "few, hardly any reward may be learnt. Give more with --training.env-steps, or leave it out."
    )


def only_first_draws(config: StudyConfig) -> str:
    """A warning where a strategy's first draws fill the whole budget; else nothing.

    Random samples are the baseline: they are never anything else.
    """
    if config.strategy == BASELINE:
        return ""
    kind = STRATEGIES.load(config.strategy)
    options = from_mapping(kind.Options, config.strategy_options, "strategy_options")
    names = [f"c{n:03d}" for n in range(config.candidates + _MANY_DRAWS)]
    first = kind(config.seed, config.candidates, options).ask(names)
    draws = next((n for n, proposal in enumerate(first) if proposal.parents), len(first))
    if draws < config.candidates:
        return ""
    return (
        f"{config.strategy} begins with {draws} programs from nothing, and there are {config.candidates} "
        f"candidates: it revises none, so its search is random samples. Give more than {draws} candidates."
    )


def advise(
    task: str,
    writer: str,
    candidates: Sequence[float],
    baselines: dict[str, float],
    *,
    found: bool,
    steps: int = 0,
    preset: int | None = None,
) -> str:
    """What a person should know who looks at the scores of a search of successes; mostly nothing.

    Args:
        task: Its name.
        writer: Who wrote the candidates.
        candidates: True scores.
        baselines: Mean true scores of the baselines, as far as they are known.
        found: Whether the best candidate can be told from zero.
        steps: Environment steps of a training.
        preset: Those of the task's preset, where it is known.
    """
    sparse = baselines.get(SPARSE)
    if sparse is not None and sparse >= _SOLVED:
        needless = f"the sparse reward alone solves {task} ({number(sparse)}), so it needs no reward search"
        return f"{needless}." if found or not candidates else f"{needless}; {_cannot(writer)}"
    if found or not candidates:
        return ""
    none = "no candidate can be told from failure"
    for name in (HUMAN, NATIVE):
        if (known := baselines.get(name)) is not None and known >= _SOLVED / 2:
            return f"{none}, but the {name} reward learns the task ({number(known)}): {_cannot(writer)}"
    if few := _few(steps, preset, task):
        return f"{none}: {few}"
    return f"{none}: train longer (--training.env-steps), or try more (--candidates)."


def _cannot(writer: str) -> str:
    """Why every candidate fails where another reward does not."""
    if writer == _GRAMMAR:
        return (
            "that no candidate does says that the grammar cannot express what the task wants, such as a "
            "target with an offset. docs/writers.md lists what it cannot; a language model can "
            "(--writer openai)."
        )
    return (
        "that no candidate does says that the writer takes the task for another one. Look at a program "
        "(`inspect STUDY c000`) and at the task's description (`tasks TASK`)."
    )
