"""What a task owes before it is simulated: its sheet, signals, presets and human reward."""

from __future__ import annotations

import itertools
import math
import re
from typing import get_args

from rewardsmith.contracts import Device, Span, Task
from rewardsmith.errors import RewardsmithError
from rewardsmith.registry import TRAINERS, missing_parts
from rewardsmith.settings import preset_settings
from rewardsmith.testing.guarding import shared_guard

_REVEALING = ("success", "score", "reward", "done")
_UNTOLD = re.compile(r"\b(success|reward|score)", re.IGNORECASE)


def it_has_all_parts(task: Task) -> None:
    """It offers what the protocol lists."""
    missing = missing_parts(task, Task)
    assert not missing, f"it lacks {', '.join(missing)}. Add what rewardsmith.contracts.Task lists"


def its_sheet_is_complete(task: Task) -> None:
    """What people and writers read of it is there and makes sense."""
    assert len(task.description) > 100, (
        f"the description is {task.description!r}. It is all that a writer knows: say more"
    )
    assert task.group, "the group is empty. Name what the list of tasks shows it under"
    assert task.difficulty in ("easy", "medium", "hard"), (
        f"difficulty is {task.difficulty!r}, not easy, medium or hard"
    )
    assert re.search(r"\d", task.success_rule), (
        f"success_rule is {task.success_rule!r}, without a number. Give the threshold"
    )
    assert task.horizon > 0, f"horizon is {task.horizon}. An episode has a control step at least"
    assert task.control_dt > 0.0, f"control_dt is {task.control_dt}. A control step takes time"
    names = [signal.name for signal in task.signals]
    assert len(set(names)) == len(names) > 0, (
        f"the signals are {names}. Each has a name of its own, and there is one at least"
    )
    for signal in task.signals:
        assert signal.meaning, f"the signal {signal.name} has no meaning. Say what it measures"
        assert signal.frame, f"the signal {signal.name} has no frame. Say in which it is given"
        assert signal.low < signal.high, (
            f"the signal {signal.name} is to stay in [{signal.low}, {signal.high}], which is empty"
        )


def its_description_does_not_tell_the_threshold(task: Task) -> None:
    """A writer is told what to do, not where the sparse goal begins. A metric has no threshold."""
    thresholds = [] if task.has_metric else re.findall(r"[\d.]+ (?:m|rad)\b", task.success_rule)
    for threshold in thresholds:
        assert threshold not in task.description, (
            f"the description tells the threshold {threshold!r}. Leave it out"
        )


def its_signals_do_not_reveal_success(task: Task) -> None:
    """No signal is named as if it said whether the goal is met."""
    for signal in task.signals:
        told = [word for word in _REVEALING if word in signal.name]
        assert not told, (
            f"the signal {signal.name} sounds as if it told the {told[0]}. A reward must not read that"
        )


def its_facts_are_sentences(task: Task) -> None:
    """Each is a plain sentence about robot and scene; there may be none."""
    for fact in task.facts:
        assert isinstance(fact, str), f"the facts hold {fact!r}. Give a tuple of sentences"
        assert fact == fact.strip(), f"the fact {fact!r} begins or ends with a space"
        assert re.match(r"[A-Z0-9].*\.$", fact), (
            f"the fact {fact!r} is no sentence. Begin with a capital and end with a period"
        )
        assert not _UNTOLD.search(fact), (
            f"the fact {fact!r} tells of success or reward. Say what a person would measure"
        )


def its_starts_fit_its_signals(task: Task) -> None:
    """They name signals, with a least and a greatest finite value of each component."""
    signals = {signal.name: signal for signal in task.signals}
    for name, span in task.starts.items():
        assert name in signals, f"starts has {name!r}, which is no signal. Name signals of the table"
        assert isinstance(span, Span), f"the start of {name} is {span!r}. Give a Span"
        count = math.prod(signals[name].shape)
        assert len(span.low) == len(span.high) == count, (
            f"the start of {name} has {len(span.low)} and {len(span.high)} numbers, and the signal {count}"
        )
        assert all(map(math.isfinite, (*span.low, *span.high))), f"the start of {name} is not finite: {span}"
        assert all(low <= high for low, high in zip(span.low, span.high, strict=True)), (
            f"the start of {name} is empty: {span}. low is the least value, high the greatest"
        )


def its_presets_are_usable(task: Task) -> None:
    """For every trainer and device, they name settings it has, and train one epoch at least."""
    for trainer, device in itertools.product(TRAINERS.names(), get_args(Device)):
        try:
            preset = preset_settings(TRAINERS.load(trainer).Settings, task, trainer, device)
        except RewardsmithError as error:
            raise AssertionError(str(error)) from error
        assert preset.env_steps >= preset.epoch_steps, (
            f"the preset for {trainer} on {device} has {preset.env_steps} steps, and one epoch takes "
            f"{preset.epoch_steps}. Give more steps"
        )


def an_unknown_trainer_keeps_its_defaults(task: Task) -> None:
    """There is no preset for a trainer that the task does not know."""
    preset = dict(task.preset("somebody's own", "cpu"))
    assert not preset, (
        f"the preset for a trainer that nobody knows is {preset}. Return nothing for other trainers"
    )


def its_human_reward_is_acceptable(task: Task) -> None:
    """The guard lets it pass, as it has to let every program; there may be none."""
    if not task.human_reward:
        return
    verdict = shared_guard().check(task.human_reward, task)
    assert verdict.accepted, f"the guard refuses human_reward: {verdict.text}"
