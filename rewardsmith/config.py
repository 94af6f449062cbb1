"""The configuration of a study: defaults < ``--config`` file < flags. Unknown keys are refused."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Annotated, Literal

from tyro.conf import Positional, arg

from rewardsmith.contracts import TOLD, Device, Race, Setting, Told
from rewardsmith.errors import UsageError
from rewardsmith.model_options import LanguageModelOptions
from rewardsmith.ranges import brief, check_ranges
from rewardsmith.records import Purpose

Scalar = bool | int | float | str
_MAX_RUNGS = 100


class TrainingOverrides(dict[str, Setting]):
    """Training settings to change from the task's preset.

    Anything left out stays as the task has it.
    """


@dataclass(frozen=True)
class ScreenOptions:
    """How programs are looked at before they are trained."""

    drop: float = 0.25
    """With `--screening drop`: share of an iteration, the last
    of its queue, that is not trained."""
    twin: float = 0.99
    """A program whose rewards have at least this correlation with an earlier
    candidate's is no new idea, and goes to the end."""
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
        check_ranges("screen.", vars(self), {"remember": (1, 10_000)})


def check_race(race: Race) -> None:
    """Refuse impossible numbers.

    Raises:
        UsageError: Naming the field, its value and what is allowed.
    """
    rising = list(race.rungs) == sorted(set(race.rungs)) and all(0 < share < 1 for share in race.rungs)
    if not rising or not 0 < len(race.rungs) <= _MAX_RUNGS:
        shares = brief(" ".join(map(str, race.rungs[:_MAX_RUNGS])))
        raise UsageError(
            f"race.rungs is {shares}; give rising shares of a training above 0 and below 1, at most "
            f"{_MAX_RUNGS} of them."
        )
    if not 0 < race.keep <= 1:
        raise UsageError(f"race.keep is {race.keep}; give a share above 0 and at most 1.")
    check_ranges("race.", vars(race), {"episodes": (2, 10**6)})


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
    """Where to simulate and to train: `cpu`, or `cuda` for NVIDIA
    GPUs. Each has a preset of its own."""
    executor: str = "local"
    """Where trainings happen: in processes of this machine, or wherever a plug-in puts them."""
    workers: int = 1
    """On a CPU: worker processes, each with its share of the cores."""
    devices: tuple[int, ...] = ()
    """On GPUs: the numbers of those to use, one worker each; left out: the first."""
    candidates: int = 8
    """Programs to try."""
    seed: int = 0
    """Decides everything random in the study."""
    repairs: int = 3
    """Drafts that may be corrected after the guard or the training refused one, per candidate."""
    fresh_after: int = 0
    """Refused drafts after which the writer starts over from the first prompt; 0
    for never. RF-Agent has 3, with 8 repairs."""
    max_usd: float | None = None
    """Money for language-model calls. The search stops before a call that might exceed it."""
    max_tokens: int | None = None
    """Tokens of language-model calls, prompts and replies. The search
    stops before a call that might exceed it."""
    max_hours: float | None = None
    """Hours after which nothing new is begun; a training that runs is finished."""
    max_steps: int | None = None
    """Environment steps of the search's trainings, all together: what racing saves is
    spent on more candidates then. Give enough `--candidates`."""
    episodes: int = 128
    """Held-out episodes that a candidate is scored on."""
    in_flight: int = 8
    """Candidates under way at a time, for a strategy that does not wait for whole batches."""
    fitness: Literal["score", "posterior"] = "score"
    """What a strategy compares: scores as they are, or what they say of a
    program's worth once the luck of seeds is allowed for."""
    confirm: float = 0.0
    """Trainings of promising programs on fresh seeds before the strategy hears of a batch, as a
    share of its programs. They count among the candidates."""
    tune: int = 0
    """Other settings of its numbers that are tried for each new leader of the search, before the
    strategy hears of it; 0 for none. They count among the candidates, by the steps they take."""
    start_policy: Literal["scratch", "parent", "best"] = "scratch"
    """What a candidate's training in the search begins from: a new policy, that of its parent, or
    the best there was when it was proposed. What comes after the search begins from scratch."""
    start_share: float = 1.0
    """How much of that policy goes into the first weights; the rest is new. 1: all."""
    finalists: int | None = None
    """The best of the search that are trained again, to choose the winner by;
    left out: 3, or fewer with few candidates."""
    finalist_seeds: int = 1
    """Fresh seeds that each finalist is trained on."""
    final_seeds: int = 1
    """Further seeds on which the winner and the baselines are trained at the end; 0 for none."""
    baselines: bool = True
    """Train the human reward, the sparse one and that of the task's own
    suite, as far as it has them, beside the winner."""
    racing: Literal["on", "off"] = "off"
    """End a training early when too many earlier candidates had a higher true score
    at the same point; `off` trains all to the end."""
    race: Race = field(default_factory=Race)
    screening: Literal["order", "drop", "off"] = "off"
    """Look at what a program says of episodes that earlier candidates played: `order` trains the
    most promising first, `drop` also leaves out the last."""
    screen: ScreenOptions = field(default_factory=ScreenOptions)
    feedback: tuple[Told, ...] | None = None
    """What a language model is told besides the signals and a score;
    left out: all, and with the presets of papers nothing."""
    tell_goal: Literal["on", "off"] = "on"
    """Whether the rule of success is among it."""
    strategy_options: dict[str, Scalar] = field(default_factory=dict)
    """Constants of the strategy, such as `samples 8`."""
    training: TrainingOverrides = field(default_factory=TrainingOverrides)
    llm: LanguageModelOptions = field(default_factory=LanguageModelOptions)

    @property
    def told(self) -> tuple[Told, ...]:
        """What the writer is told besides the signals and a score."""
        published = self.strategy_options.get("preset") in _PUBLISHED
        chosen = (() if published else TOLD) if self.feedback is None else self.feedback
        return tuple(part for part in TOLD if part in chosen and (part != "goal" or self.tell_goal == "on"))

    def races(self, purpose: Purpose) -> bool:
        """Whether runs may be ended early: candidates where that is wanted, settings always."""
        return purpose == Purpose.TUNE or (purpose == Purpose.SEARCH and self.racing == "on")

    def keeps_episodes(self, purpose: Purpose) -> bool:
        """Whether some of a run's held-out episodes are kept, to screen later programs on."""
        return purpose in (Purpose.SEARCH, Purpose.TUNED) and self.screening != "off"

    @property
    def finalist_count(self) -> int:
        """How many of the search are trained again at most: by default one in four, 3 at most."""
        return max(1, min(_FINALISTS, self.candidates // 4)) if self.finalists is None else self.finalists

    def final_trainings(self, baselines: int) -> int:
        """Trainings after the search, at most: of the finalists, the winner and the baselines.

        Args:
            baselines: As many as the task has (see :func:`rewardsmith.baselines.baselines`).
        """
        chosen = self.finalist_count * self.finalist_seeds if self.finalist_count > 1 else 0
        return chosen + self.final_seeds * (1 + baselines * self.baselines)

    def changed_terms(self, other: StudyConfig) -> str:
        """The first field that differs and that decides what a search finds.

        Limits, candidates and access to a model may change.
        """
        free = {
            "candidates",
            "repairs",
            "max_usd",
            "max_tokens",
            "max_hours",
            "max_steps",
            "final_seeds",
            "llm",
        } | _ELSEWHERE
        return next(
            (
                f.name
                for f in dataclasses.fields(self)
                if f.name not in free and getattr(self, f.name) != getattr(other, f.name)
            ),
            "",
        )

    def check(self) -> None:
        """Refuse impossible numbers.

        Raises:
            UsageError: Naming the field, its value and what is allowed.
        """
        counts = {
            "candidates": (1, 10**6),
            "repairs": (0, 1_000),
            "fresh_after": (0, 10**6),
            "episodes": (2, 10**6),
            "tune": (0, 10_000),
        }
        counts |= {
            "final_seeds": (0, 1_000),
            "finalist_seeds": (1, 1_000),
            "workers": (1, 1_024),
            "in_flight": (1, 10_000),
        }
        check_ranges("", vars(self), {**counts, "seed": (-(2**63), 2**63 - 1)})
        if not 0 <= self.confirm <= _MOST_CONFIRMED:
            raise UsageError(f"confirm is {brief(self.confirm)}; give a share from 0 to {_MOST_CONFIRMED}.")
        if not 0 < self.start_share <= 1:
            raise UsageError(
                f"start_share is {brief(self.start_share)}; give a share above 0 and at most 1. To train "
                "from scratch, leave out --start-policy."
            )
        limits = {"max_usd": 10**9, "max_tokens": 10**15, "max_hours": 10**6, "max_steps": 10**15}
        for name, high in limits.items():
            if (limit := getattr(self, name)) is not None and not 0 < limit <= high:
                raise UsageError(
                    f"{name} is {brief(limit)}; give a value above 0 and at most {high:,}, or leave it out "
                    "for no limit."
                )
        self._check_work()
        check_race(self.race)
        self.screen.check()
        self.llm.check()

    def _check_work(self) -> None:
        """Refuse finalists and workers that there cannot be."""
        if self.finalists is not None and not 1 <= self.finalists <= self.candidates:
            raise UsageError(
                f"finalists is {self.finalists:,}; give at least 1, which trains none again, and at most "
                f"the {self.candidates} candidates."
            )
        if self.devices and (
            self.device != "cuda" or len(set(self.devices)) < len(self.devices) or min(self.devices) < 0
        ):
            raise UsageError(
                f"devices is {brief(self.devices)}; give numbers of different GPUs, with --device cuda."
            )
        if len(self.devices) > _MOST_DEVICES:
            raise UsageError(f"devices has {len(self.devices):,} numbers; give at most {_MOST_DEVICES}.")
        if self.workers > 1 and self.device == "cuda":
            raise UsageError(
                f"workers is {self.workers}, but on GPUs there is one for each. Name them with --devices."
            )
        if (self.racing == "on" or self.tune) and max(self.workers, len(self.devices)) > 1:
            flag = "--racing" if self.racing == "on" else "--tune"
            raise UsageError(
                f"racing needs one worker, that has all trainings to compare. Leave out {flag}, or the "
                "workers."
            )


_FINALISTS, _MOST_CONFIRMED = 3, 4
_PUBLISHED = ("paper", "release")
"""Presets that do as others did."""
_MOST_DEVICES = 64
_ELSEWHERE = {"executor", "workers", "devices", "in_flight"}
"""Where the work is done, which changes no result."""
