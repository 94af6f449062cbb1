"""What simulated a task when its numbers were made: scores change with a simulator's version.

It is kept with the texts about a study, so that it can be shown where the task is not installed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from rewardsmith.contracts import Repeats, Task
from rewardsmith.store.sqlite import Store

ORIGINS = "origins"
_NAME, _WORDS, _MOST = 200, 2_000, 100
"""Characters of a name or a version and of a text, and entries, at most."""

_Name = Annotated[str, Field(max_length=_NAME)]


@dataclass(frozen=True)
class Origin:
    """A task's simulation, in its own words."""

    versions: Annotated[dict[_Name, _Name], Field(max_length=_MOST)] = field(default_factory=dict)
    """Of what simulates, by name (see :meth:`rewardsmith.contracts.Task.provenance`)."""
    repeats: Repeats = "bit"
    native: Annotated[str, Field(max_length=_WORDS)] = ""
    """The suite's own dense reward in words, where it has one."""

    @property
    def text(self) -> str:
        """Such as ``mujoco 3.3.1, mujoco-warp 0.2``; empty where nothing is known."""
        return ", ".join(f"{name} {version}" for name, version in self.versions.items())


_RECORDS = TypeAdapter(Annotated[tuple[Origin, ...], Field(max_length=_MOST)])


def origin_of(task: Task) -> Origin:
    """What simulates a task here and now."""
    versions = {name[:_NAME]: version[:_NAME] for name, version in [*task.provenance().items()][:_MOST]}
    return Origin(versions, task.capabilities.repeats, task.capabilities.native[:_WORDS])


def origins(store: Store) -> tuple[Origin, ...]:
    """What simulated a study, one after another; nothing for studies from before this was kept.

    Raises:
        StoreError: It cannot be read.
    """
    text = store.value(ORIGINS)
    try:
        return _RECORDS.validate_json(text) if text is not None else ()
    except ValidationError as error:
        raise store.damaged(f"{ORIGINS}: {error.errors(include_input=False)[0]['msg']}") from None


def keep_origin(store: Store, task: Task) -> None:
    """Note what simulates from now on, if that is news."""
    known, now = origins(store), origin_of(task)
    if now not in known[-1:]:
        store.put_value(ORIGINS, _RECORDS.dump_json((*known, now)[-_MOST:]).decode())


def changed_origin(store: Store, task: Task) -> str:
    """What a person should know who goes on with a study elsewhere or later; mostly nothing."""
    known, now = origins(store), origin_of(task)
    if not known or known[-1] == now:
        return ""
    before = known[-1]
    names = dict.fromkeys((*before.versions, *now.versions))
    changes = [
        f"{name} {before.versions.get(name, 'missing')}, now {now.versions.get(name, 'missing')}"
        for name in names
        if before.versions.get(name) != now.versions.get(name)
    ]
    if before.repeats != now.repeats:
        changes.append(f"repeats {before.repeats}, now {now.repeats}")
    if before.native != now.native:
        changes.append("its suite's own reward is described otherwise")
    return (
        f"{task.name} is simulated by other software than when this study was made "
        f"({'; '.join(changes)}). Its new scores are true scores, too, but may differ from the earlier ones "
        "for that reason alone. Install the earlier versions, or start a new study, to compare like with "
        "like; this one goes on."
    )
