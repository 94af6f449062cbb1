"""The configuration of a study: defaults < ``--config`` file < flags. Unknown keys are refused."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Annotated, Literal

from tyro.conf import Positional, arg

from rewardsmith.contracts import Activation, Device, Race, Task, TrainingSettings
from rewardsmith.errors import UsageError

Scalar = bool | int | float | str


@dataclass(frozen=True)
class TrainingOverrides:
    """Training settings to change from the task's preset; anything left out stays as the task has it."""

    env_steps: int | None = None
    """Environment steps per candidate, rounded to whole rollouts of all environments."""
    envs: int | None = None
    """Parallel environments per candidate."""
    rollout: int | None = None
    """Control steps per environment between two updates."""
    hidden: tuple[int, ...] | None = None
    """Hidden layers of actor and critic."""
    activation: Activation | None = None
    """After every hidden layer."""
    minibatches: int | None = None
    mini_epochs: int | None = None
    learning_rate: float | None = None
    kl_target: float | None = None
    discount: float | None = None
    gae_lambda: float | None = None
    clip: float | None = None
    value_clip: bool | None = None
    """Hold the critic near its former values in one update, as the papers do."""
    entropy: float | None = None
    initial_std: float | None = None
    max_grad_norm: float | None = None
    goal_bonus: float | None = None
    """Added to every reward at each step that meets the goal."""
    goal_smoothing: float | None = None
    """Weight of the latest episodes in the running mean of goals; 0 for none."""
    slots: int | None = None
    """Programs that are trained at a time; 0 for as many as usual memory takes."""
    overlap: bool | None = None
    """Let one group's physics run while another learns; the same results either way."""

    def apply(self, preset: TrainingSettings) -> TrainingSettings:
        """The effective settings.

        Raises:
            UsageError: A count or a rate is not positive.
        """
        changes = {name: value for name, value in vars(self).items() if value is not None}
        others = ("activation", "value_clip", "entropy", "goal_bonus", "goal_smoothing", "slots", "overlap")
        positive = {name: value for name, value in changes.items() if name not in others and value != ()}
        bad = next((name for name, value in positive.items() if _lowest(value) <= 0), None)
        if bad:
            raise UsageError(f"training.{bad} is {changes[bad]}; give a value above 0.")
        if (self.slots or 0) < 0:
            raise UsageError(f"training.slots is {self.slots}; give at least 1, or 0 for as many as usual memory takes.")
        settings = dataclasses.replace(preset, **changes)
        epoch = settings.rollout * settings.envs
        settings = dataclasses.replace(settings, env_steps=epoch * max(1, round(settings.env_steps / epoch)))
        if settings.rollout * settings.envs < settings.minibatches:
            raise UsageError(
                f"training.minibatches is {settings.minibatches}, more than the {settings.rollout * settings.envs} samples of a rollout."
            )
        return settings


def effective_settings(task: Task, device: Device, overrides: TrainingOverrides) -> TrainingSettings:
    """The task's preset for a device, with what the user changed.

    Raises:
        UsageError: The machine lacks the device, or a count or a rate is not positive.
    """
    task.check_device(device)
    preset = task.preset if device == "cpu" else task.gpu_preset
    return overrides.apply(dataclasses.replace(preset, device=device))


@dataclass(frozen=True)
class LanguageModelOptions:
    """Which language model, and how to reach it. Keys come from the environment or a file, never from a flag."""

    model: str | None = None
    """Name of the model; else REWARDSMITH_MODEL, else OPENAI_MODEL. For the `local` writer: a GGUF file."""
    base_url: str | None = None
    """Address of an OpenAI-compatible endpoint; else OPENAI_BASE_URL, else OpenAI's own."""
    key_variable: str = "OPENAI_API_KEY"
    """Environment variable that holds the key."""
    key_file: str | None = None
    """File that holds the key, instead of the variable."""
    temperature: float = 1.0
    max_tokens: int = 4096
    """Limit of one reply, hidden reasoning included."""
    reasoning_effort: str | None = None
    """Such as `low` or `high`, for models that think; sent as it is."""
    concurrency: int = 8
    """Requests in flight."""
    timeout_s: float = 180.0
    """For one reply, from the first byte sent to the last received."""
    retries: int = 4
    """Of a request that met 408, 409, 5xx or a broken connection. 429 is waited out, by all requests together."""
    pause_s: float = 1.0
    """First pause before a retry; pauses double. Retry-After goes before."""
    price_prompt: float | None = None
    """USD per million prompt tokens, instead of the built-in table's."""
    price_completion: float | None = None
    """USD per million completion tokens, instead of the built-in table's."""
    price_cached: float | None = None
    """USD per million cached prompt tokens; left out: as other prompt tokens."""
    threads: int | None = None
    """Of the `local` writer; left out: one less than there are cores."""
    replay: str | None = None
    """Study whose recorded replies the `replay` writer gives; on the command line `--from STUDY`."""

    def check(self) -> None:
        """Refuse impossible numbers.

        Raises:
            UsageError: Naming the field, its value and what is allowed.
        """
        for name, low in (("max_tokens", 1), ("concurrency", 1), ("retries", 0), ("temperature", 0), ("pause_s", 0)):
            if not getattr(self, name) >= low:
                raise UsageError(f"llm.{name} is {getattr(self, name)}; give at least {low}.")
        if not self.timeout_s > 0:
            raise UsageError(f"llm.timeout_s is {self.timeout_s}; give a value above 0.")
        if self.threads is not None and self.threads < 1:
            raise UsageError(f"llm.threads is {self.threads}; give at least 1.")
        for name in ("price_prompt", "price_completion", "price_cached"):
            if (price := getattr(self, name)) is not None and not price >= 0:
                raise UsageError(f"llm.{name} is {price}; give a price of at least 0.")
        if (self.price_prompt is None) != (self.price_completion is None):
            raise UsageError("llm.price_prompt and llm.price_completion go together; give both, or neither.")


@dataclass(frozen=True)
class ScreenOptions:
    """How programs are looked at before they are trained."""

    drop: float = 0.25
    """With `--screening drop`: share of an iteration, the last of its queue, that is not trained."""
    twin: float = 0.99
    """A program whose rewards have at least this correlation with an earlier candidate's is no new idea, and goes to the end."""
    remember: int = 16
    """Earlier candidates whose episodes are looked at, the latest."""

    def check(self) -> None:
        """Refuse impossible numbers.

        Raises:
            UsageError: Naming the field, its value and what is allowed.
        """
        if not 0 <= self.drop < 1:
            raise UsageError(f"screen.drop is {self.drop}; give a share of at least 0 and below 1.")
        if not -1 <= self.twin <= 1:
            raise UsageError(f"screen.twin is {self.twin}; give a correlation from -1 to 1.")
        if self.remember < 1:
            raise UsageError(f"screen.remember is {self.remember}; give at least 1.")


def check_race(race: Race) -> None:
    """Refuse impossible numbers.

    Raises:
        UsageError: Naming the field, its value and what is allowed.
    """
    if not race.rungs or list(race.rungs) != sorted(set(race.rungs)) or not all(0 < share < 1 for share in race.rungs):
        raise UsageError(f"race.rungs is {' '.join(map(str, race.rungs))}; give rising shares of a training above 0 and below 1.")
    if not 0 < race.keep <= 1:
        raise UsageError(f"race.keep is {race.keep}; give a share above 0 and at most 1.")
    if race.episodes < 2:
        raise UsageError(f"race.episodes is {race.episodes}; give at least 2.")


@dataclass(frozen=True)
class StudyConfig:
    """One search, completely."""

    task: Annotated[str, Positional, arg(metavar="TASK")]
    """What to search a reward for; `rewardsmith tasks` lists them."""
    strategy: str = "eureka"
    """How to choose what to try next."""
    writer: str = "grammar"
    """Who writes the programs. `grammar` uses no language model."""
    trainer: str = "population"
    device: Device = "cpu"
    """Where to simulate and to train: `cpu`, or `cuda` for one NVIDIA GPU. Each has a preset of its own."""
    candidates: int = 8
    """Programs to try."""
    seed: int = 0
    """Decides everything random in the study."""
    repairs: int = 3
    """Drafts that may be corrected after the guard or the training refused one, per candidate."""
    fresh_after: int = 0
    """Refused drafts after which the writer starts over from the first prompt; 0 for never. RF-Agent has 3, with 8 repairs."""
    max_usd: float | None = None
    """Money for language-model calls. The search stops before a call that might exceed it."""
    max_tokens: int | None = None
    """Tokens of language-model calls, prompts and replies. The search stops before a call that might exceed it."""
    max_hours: float | None = None
    """Hours after which nothing new is begun; a training that runs is finished."""
    episodes: int = 128
    """Held-out episodes that a candidate is scored on."""
    final_seeds: int = 1
    """Fresh seeds on which the winner, the human and the sparse reward are trained at the end; 0 for none."""
    baselines: bool = True
    """Train the human and the sparse reward beside the winner."""
    racing: Literal["on", "off"] = "off"
    """End a training early when too many earlier candidates had a higher true score at the same point; `off` trains all to the end."""
    race: Race = field(default_factory=Race)
    screening: Literal["order", "drop", "off"] = "off"
    """Look at what a program says of episodes that earlier candidates played: `order` trains the most promising first, `drop` also leaves
    out the last."""
    screen: ScreenOptions = field(default_factory=ScreenOptions)
    strategy_options: dict[str, Scalar] = field(default_factory=dict)
    """Constants of the strategy, such as `samples 8`."""
    training: TrainingOverrides = field(default_factory=TrainingOverrides)
    llm: LanguageModelOptions = field(default_factory=LanguageModelOptions)

    @property
    def final_trainings(self) -> int:
        """Trainings of the closing comparison."""
        return self.final_seeds * (3 if self.baselines else 1)

    def changed_terms(self, other: StudyConfig) -> str:
        """The first field that differs and that decides what a search finds; limits, candidates and access to a model may change."""
        free = {"candidates", "repairs", "max_usd", "max_tokens", "max_hours", "final_seeds", "llm"}
        return next(
            (f.name for f in dataclasses.fields(self) if f.name not in free and getattr(self, f.name) != getattr(other, f.name)), ""
        )

    def check(self) -> None:
        """Refuse impossible numbers.

        Raises:
            UsageError: Naming the field, its value and what is allowed.
        """
        for name, low in (("candidates", 1), ("repairs", 0), ("fresh_after", 0), ("episodes", 2), ("final_seeds", 0)):
            if getattr(self, name) < low:
                raise UsageError(f"{name} is {getattr(self, name)}; give at least {low}.")
        for name in ("max_usd", "max_tokens", "max_hours"):
            if (limit := getattr(self, name)) is not None and not limit > 0:
                raise UsageError(f"{name} is {limit}; give a value above 0, or leave it out for no limit.")
        check_race(self.race)
        self.screen.check()
        self.llm.check()


def _lowest(value: float | tuple[int, ...]) -> float:
    return min(value) if isinstance(value, tuple) else value
