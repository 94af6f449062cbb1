"""A training's settings: the trainer's defaults, the task's preset, then the user's changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import TypeVar, get_type_hints

from rewardsmith.capabilities import check_device
from rewardsmith.config import TrainingOverrides
from rewardsmith.config_file import validated
from rewardsmith.contracts import Device, Setting, Task, TrainerSettings
from rewardsmith.errors import RewardsmithError, UsageError, unknown_name
from rewardsmith.registry import TRAINERS

S = TypeVar("S", bound=TrainerSettings)


def effective_settings(
    task: Task, trainer: str, device: Device, overrides: Mapping[str, Setting]
) -> TrainerSettings:
    """What a registered trainer gets.

    Raises:
        UsageError: Task or machine lack the device, or a name, a kind or a number is wrong.
        RewardsmithError: The task's preset is.
    """
    return settings_of(TRAINERS.load(trainer).Settings, task, trainer, device, overrides)


def settings_of(
    kind: type[S], task: Task, trainer: str, device: Device, overrides: Mapping[str, Setting]
) -> S:
    """As :func:`effective_settings`, for the trainer's own class of settings."""
    check_device(task, device)
    settings = preset_settings(kind, task, trainer, device)
    settings = replace(settings, **typed(kind, overrides))
    settings.check()
    return replace(settings, env_steps=settings.whole_steps)


def preset_settings(kind: type[S], task: Task, trainer: str, device: Device) -> S:
    """A trainer's settings as a task has them.

    Raises:
        RewardsmithError: Its preset has an unknown name, or a wrong value.
    """
    try:
        settings = replace(kind(), **typed(kind, task.preset(trainer, device)), device=device)
        settings.check()
    except UsageError as error:
        raise RewardsmithError(
            f"the preset of the task {task.name!r} for the trainer {trainer!r} on {device} is wrong: {error}"
        ) from None
    return settings


def typed(kind: type[TrainerSettings], given: Mapping[str, Setting]) -> TrainingOverrides:
    """Values of settings as their class declares them, in its order.

    Raises:
        UsageError: There is no such setting, or a value is of the wrong kind.
    """
    names = setting_names(kind)
    for name in given:
        if name not in names:
            raise unknown_name("config key", f"training.{name}", [f"training.{known}" for known in names])
    kinds = get_type_hints(kind)
    return TrainingOverrides(
        {name: validated(kinds[name], given[name], f"training.{name}") for name in names if name in given}
    )


def setting_names(kind: type[TrainerSettings]) -> list[str]:
    """The settings that presets and users may give: all but the device."""
    return [field.name for field in fields(kind) if field.name != "device"]
