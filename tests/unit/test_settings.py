"""A trainer's defaults, then a task's preset, then what the user changed."""

from __future__ import annotations

import pytest

from rewardsmith.config import TrainingOverrides
from rewardsmith.contracts import Device, Preset, Setting, TrainerSettings
from rewardsmith.errors import RewardsmithError, UsageError
from rewardsmith.registry import TRAINERS
from rewardsmith.settings import effective_settings, preset_settings, setting_names, settings_of, typed
from rewardsmith.training.ppo import PpoSettings
from tests.toys import TOY, Toy

NAN, INF = float("nan"), float("inf")


class Presets(Toy):
    """A task with presets for one trainer."""

    def __init__(self, trainer: str, cpu: Preset, cuda: Preset) -> None:
        self._trainer, self._presets = trainer, {"cpu": cpu, "cuda": cuda}

    def preset(self, trainer: str, device: Device) -> Preset:
        return self._presets[device] if trainer == self._trainer else {}


def with_defaults(**values: Setting) -> PpoSettings:
    return settings_of(PpoSettings, TOY, "population", "cpu", values)


def test_every_device_has_its_preset_and_flags_override_either():
    task = Presets("population", {"envs": 64, "clip": 0.1}, {"envs": 2048})
    assert settings_of(PpoSettings, task, "population", "cpu", {}).clip == 0.1
    assert effective_settings(task, "population", "cpu", {"clip": 0.3}).envs == 64
    settings = settings_of(PpoSettings, task, "population", "cuda", {"clip": 0.3})
    assert (settings.envs, settings.device, settings.clip) == (2048, "cuda", 0.3)


def test_a_trainer_without_a_preset_has_its_defaults():
    assert (
        settings_of(PpoSettings, Presets("population", {"envs": 64}, {}), "rl-games", "cpu", {}).envs
        == PpoSettings.envs
    )


@pytest.mark.parametrize("trainer", TRAINERS.names())
def test_settings_are_made_by_the_trainers_own_class(trainer: str):
    assert type(effective_settings(TOY, trainer, "cpu", {})) is TRAINERS.load(trainer).Settings


def test_a_device_that_the_machine_lacks_is_refused_before_its_settings_matter():
    class Task(Toy):
        def check_device(self, device: Device) -> None:
            if device == "cuda":
                raise UsageError("no GPU")

    with pytest.raises(UsageError, match="no GPU"):
        effective_settings(Task(), "population", "cuda", {"envs": 0})


@pytest.mark.parametrize(
    ("preset", "complaint"),
    [
        (
            {"env": 64},
            r"unknown config key 'training.env'\. Did you mean 'training.envs'\? Allowed: .*training.clip",
        ),
        ({"device": "cuda"}, "unknown config key 'training.device'"),
        ({"envs": "many"}, "'training.envs' is 'many'"),
        ({"clip": -1.0}, "training.clip is -1.0; give a value above 0, and at most 100"),
        ({"envs": 1, "rollout": 2}, "training.minibatches is 4, more than the 2 samples"),
    ],
)
def test_a_wrong_preset_is_the_tasks_fault(preset: Preset, complaint: str):
    task = Presets("population", preset, {})
    with pytest.raises(
        RewardsmithError,
        match=rf"preset of the task 'toy' for the trainer 'population' on cpu is wrong: .*{complaint}",
    ):
        preset_settings(PpoSettings, task, "population", "cpu")


def test_values_are_typed_and_in_the_order_of_their_class():
    found = typed(PpoSettings, {"clip": 1, "hidden": (8, 8), "envs": "64", "learning_rate": "1e-3"})
    assert list(found.items()) == [("envs", 64), ("hidden", (8, 8)), ("learning_rate", 0.001), ("clip", 1.0)]
    assert isinstance(found, TrainingOverrides)
    assert isinstance(found["clip"], float)


def test_the_device_is_no_setting_that_one_gives():
    assert {*setting_names(PpoSettings), "device"} == set(vars(PpoSettings()))
    with pytest.raises(UsageError, match=r"unknown config key 'training\.device'"):
        typed(PpoSettings, {"device": "cuda"})


def test_an_unknown_setting_is_answered_with_those_that_there_are():
    with pytest.raises(
        UsageError, match=r"'training.clipp'.*'training.clip'.*Allowed: training.activation, training.clip"
    ):
        with_defaults(clipp=0.3)


def test_overrides_change_only_what_is_given():
    task = Presets("population", {"env_steps": 2 * 64 * 24, "clip": 0.3}, {})
    settings = settings_of(PpoSettings, task, "population", "cpu", {"envs": 64})
    assert (settings.envs, settings.env_steps, settings.clip) == (64, 2 * 64 * 24, 0.3)


def test_steps_are_rounded_to_whole_rollouts():
    # 64 environments times 24 steps are 1,536 a rollout: 10 becomes one of them, 4,000 three (2.6).
    assert [with_defaults(env_steps=n, envs=64).env_steps for n in (10, 4_000)] == [1_536, 4_608]
    # By default a trainer updates after every step of all environments.
    assert (
        settings_of(TrainerSettings, TOY, "mine", "cpu", {"env_steps": 1_000, "envs": 300}).env_steps == 900
    )


@pytest.mark.parametrize("overrides", [{"envs": 0}, {"learning_rate": -1.0}, {"hidden": (8, 0)}])
def test_impossible_overrides_are_refused(overrides: dict[str, Setting]):
    with pytest.raises(UsageError, match="above 0"):
        with_defaults(**overrides)


def test_more_minibatches_than_samples_are_refused():
    with pytest.raises(UsageError, match="minibatches"):
        with_defaults(envs=1, rollout=2, minibatches=3)


def test_slots_are_a_count():
    with pytest.raises(UsageError, match=r"training\.slots is -1"):
        with_defaults(slots=-1)
    assert (
        settings_of(
            PpoSettings, Presets("p", {"slots": 3}, {}), "p", "cpu", {"slots": 0, "overlap": False}
        ).slots
        == 0
    )


@pytest.mark.parametrize(
    ("overrides", "complaint"),
    [
        ({"hidden": (30_000, 30_000)}, "training.hidden is"),
        ({"hidden": (8,) * 200_000}, "200,000 layers; give at most 8"),
        ({"envs": 10**9}, "training.envs is"),
        ({"envs": 10**6, "rollout": 10**5}, "samples of a rollout"),
        ({"env_steps": 10**15}, "training.env_steps"),
        ({"mini_epochs": 10**6}, "training.mini_epochs"),
        ({"slots": 10**9}, "training.slots"),
        ({"learning_rate": NAN}, "training.learning_rate is nan"),
        ({"discount": NAN}, "training.discount is nan"),
        ({"entropy": NAN}, "training.entropy is nan"),
        ({"goal_bonus": NAN}, "training.goal_bonus is nan"),
        ({"goal_bonus": INF}, "training.goal_bonus is inf"),
        ({"discount": 1.5}, "training.discount is 1.5"),
    ],
)
def test_absurd_trainings_are_refused(overrides: dict[str, Setting], complaint: str):
    with pytest.raises(UsageError, match=complaint):
        with_defaults(**overrides)


@pytest.mark.parametrize("overrides", [{"envs": 0}, {"envs": 10**7}, {"env_steps": 0}])
def test_what_all_trainers_have_is_in_range_for_all(overrides: dict[str, Setting]):
    with pytest.raises(UsageError, match=r"training\.env.* is \d+; give at least 1, and at most"):
        settings_of(TrainerSettings, TOY, "mine", "cpu", overrides)
