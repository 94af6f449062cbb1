"""A folder that ``train`` made: one reward, its policies, and how these did.

Anybody may have made it, as with a study: what is in it is input.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import Field, TypeAdapter, ValidationError

from rewardsmith.contracts import BUILT_IN, Device
from rewardsmith.errors import StoreError, unknown_name
from rewardsmith.files import check_plain, read_bytes
from rewardsmith.origins import Origin
from rewardsmith.records import Curve, Score
from rewardsmith.records.limits import MANY, Amount, Count
from rewardsmith.registry import TASKS
from rewardsmith.reward.guard.refusal import RefusedError
from rewardsmith.reward.guard.stored import check_stored

TRAINING, RESULTS, REWARD = "training.json", "results.json", "reward.py"
_MOST_BYTES = 100_000_000
T = TypeVar("T")


@dataclass(frozen=True)
class Training:
    """``training.json``: what was asked for."""

    task: str
    reward: str
    """``human``, ``sparse``, ``native``, or the file or the candidate as it was named."""
    trainer: str
    device: Device
    env_steps: Count
    """Of each policy."""
    source: str = ""
    """The reward as it was written; empty for one that the environment gives."""
    program: str = ""
    """What the guard printed of it, or one of :data:`rewardsmith.contracts.BUILT_IN`."""
    origin: Origin = field(default_factory=Origin)
    """What simulated the task."""


_Curves = Annotated[tuple[Curve, ...], Field(max_length=MANY)]


@dataclass(frozen=True)
class Policy:
    """One training, as ``--json`` and ``results.json`` have it."""

    name: Annotated[str, Field(pattern=r"^seed--?[0-9]{1,25}$")]
    state: str
    env_steps: Count
    wall_s: Amount
    components: _Curves
    progress: _Curves
    score: Score | None
    policy: str
    """File of the policy, as seen from where it was trained."""
    cause: str
    """Why there is no score."""


@dataclass(frozen=True)
class Trained:
    """All of the folder."""

    folder: Path
    training: Training
    policies: tuple[Policy, ...]
    """Those that came to an end."""

    @property
    def best(self) -> Policy | None:
        """The one with the highest score; the first of equals."""
        scored = [policy for policy in self.policies if policy.score]
        return max(scored, key=lambda policy: policy.score.mean if policy.score else 0.0, default=None)

    def find(self, name: str) -> Policy:
        """A policy that has a score, by its name; ``best`` is the best.

        Raises:
            UsageError: There is none.
        """
        found = self.best if name == "best" else next((p for p in self.policies if p.name == name), None)
        if found is None or found.score is None:
            usable = [policy.name for policy in self.policies if policy.score]
            raise unknown_name("policy", name, [*usable, *(["best"] if usable else [])])
        return found

    def path(self, policy: Policy) -> Path:
        """Where it is: right in the folder, whatever the record says."""
        return self.folder / f"{policy.name}.pt"


def is_trained(folder: Path) -> bool:
    """Whether ``train`` made the folder."""
    return (folder / TRAINING).is_file()


def open_trained(folder: Path) -> Trained:
    """Read the folder.

    Raises:
        StoreError: It is damaged, holds anything but plain files, or its program is not what the
            guard prints of its source.
    """
    check_plain(folder, 2)
    TASKS.find(folder)
    training = _read(folder / TRAINING, TypeAdapter(Training))
    policies: list[Policy] = []
    if (folder / RESULTS).exists():
        policies = _read(folder / RESULTS, TypeAdapter(Annotated[list[Policy], Field(max_length=MANY)]))
    if training.program not in BUILT_IN:
        try:
            check_stored(training.source, training.program)
        except RefusedError as refusal:
            raise StoreError(f"the program of {folder} is refused: {refusal.verdict().text}") from None
    return Trained(folder, training, tuple(policies))


def write_record(path: Path, kind: TypeAdapter[T], record: T) -> None:
    """Write a part of the folder.

    Raises:
        OSError: It cannot be written, or, where it is ``training.json``, is there already.
    """
    data = kind.dump_json(record, indent=2)
    if path.name == TRAINING:
        with path.open("xb") as file:
            file.write(data)
    else:
        path.write_bytes(data)


def _read(path: Path, kind: TypeAdapter[T]) -> T:
    way = "Train again into another folder."
    try:
        return kind.validate_json(read_bytes(path, _MOST_BYTES))
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error.strerror or error}. {way}") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise StoreError(f"{path} is damaged ({where}: {first['msg']}). {way}") from None
