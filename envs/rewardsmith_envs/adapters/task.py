"""A task that a file describes; no class of its own for any suite."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from rewardsmith.contracts import ORIGIN, Capabilities, Device, Preset, Role, Signal, Span, VecEnv
from rewardsmith.errors import UsageError
from rewardsmith_envs.adapters.batches import check_device, devices
from rewardsmith_envs.adapters.reading import read_table
from rewardsmith_envs.adapters.table import Table
from rewardsmith_envs.tasks.presets import PPO_TRAINERS, ppo

_PRESET = ppo(envs=32, slots=2, env_steps=400_000)
"""Where a file says nothing: few environments, since each may take many megabytes."""


class TableTask:
    """The task of a file (see :class:`rewardsmith.contracts.Task`)."""

    def __init__(self, path: Path) -> None:
        """Read the file; nothing of the suite is imported.

        Args:
            path: A task file, or the copy of one in a study, beside which :data:`ORIGIN` says
                where it was.

        Raises:
            UsageError: The file cannot be read or says something that it may not.
        """
        self.path = path.absolute()
        self.table: Table = read_table(self.path)
        self.name, self.group, self.difficulty = self.table.name, self.table.group, self.table.difficulty
        self.description = " ".join(self.table.description.split())
        self.success_rule, self.human_reward = self.table.success_rule, self.table.human_reward
        self.horizon, self.control_dt = self.table.horizon, self.table.control_dt
        self.signals = _signals(self.table)

    @property
    def origin(self) -> Path:
        """The folder that ``path`` and ``python`` in the file are seen from."""
        note = self.path.parent / ORIGIN
        return Path(note.read_text(encoding="utf-8")) if note.is_file() else self.path.parent

    @property
    def exceptions(self) -> Mapping[str, str]:
        """Checks of the contract that it does not pass, as the file says."""
        return self.table.exceptions

    @property
    def on_cpu(self) -> bool:
        """Whether training on a CPU is sensible."""
        return "cpu" in devices(self.table)

    room: Mapping[str, int] = {}

    @property
    def has_metric(self) -> bool:
        """Whether a mean takes the place of a goal that is met or not."""
        return self.table.metric is not None

    @property
    def facts(self) -> tuple[str, ...]:
        """What the file tells a writer of robot and scene."""
        return ("Actions are clipped to [-1, 1].", *self.table.facts)

    @property
    def starts(self) -> Mapping[str, Span]:
        """Where episodes start, as far as the file says."""
        return self.table.starts()

    @property
    def capabilities(self) -> Capabilities:
        """As the file says and ``adapt --check`` found."""
        native = self.table.native.says if self.table.native else ""
        table = self.table
        most = table.batch or table.most_envs
        return Capabilities(table.repeats, devices(table), table.alone, most, processes=True, native=native)

    @property
    def python(self) -> str:
        """The interpreter that has the suite."""
        given = self.table.python
        if not given:
            return sys.executable
        if given.startswith("suite:"):
            from rewardsmith_envs.adapters.suites import interpreter

            return interpreter(given.removeprefix("suite:"))
        return str(self.origin / Path(given).expanduser())

    def provenance(self) -> Mapping[str, str]:
        """Versions of the packages that the file names, in its interpreter."""
        from rewardsmith_envs.adapters.interpreters import versions

        return versions(self.python, self.table.packages)

    def fingerprint(self) -> str:
        """A hash of the file, its functions and the versions of its packages."""
        digest = sha256(self.path.read_bytes())
        for file in self.files[1:]:
            digest.update(file.read_bytes())
        digest.update(repr(sorted(self.provenance().items())).encode())
        return digest.hexdigest()[:16]

    @property
    def files(self) -> tuple[Path, ...]:
        """The task file and the files of functions that it names, all in one folder."""
        table = self.table
        readers = (*table.signals.values(), table.success, table.metric, table.native and table.native.read)
        named = {one.function.rpartition(":")[0] for one in readers if one and one.function}
        return (self.path, *(self.path.parent / name for name in sorted(named)))

    def preset(self, trainer: str, device: Device) -> Preset:
        """As the file has it."""
        if trainer not in PPO_TRAINERS:
            return ppo()
        own = self.table.presets.get(trainer) or self.table.presets.get("population") or {}
        base = ppo(_PRESET, envs=self.table.batch, slots=1) if self.table.alone else _PRESET
        return ppo(base, **own)

    def check_device(self, device: Device) -> None:
        """Whether the file and this machine have it (see :func:`batches.check_device`)."""
        check_device(self.table, device)

    def make(self, num_envs: int, threads: int, device: Device = "cpu") -> VecEnv:
        """Make the environments in servers (see :class:`rewardsmith.contracts.Task`).

        Raises:
            SuiteError: The interpreter, the suite or the environment is not as the file says.
            UsageError: The device cannot be had, or a batch holds fewer environments.
        """
        from rewardsmith_envs.adapters.env import ServedEnv
        from rewardsmith_envs.adapters.fleets import Fleet
        from rewardsmith_envs.adapters.on_device import OnDevice

        self.check_device(device)
        table = self.table
        if table.alone and num_envs > table.batch:
            raise UsageError(
                f"{num_envs} environments of {self.name} are wanted, and its `batch` is {table.batch}. "
                "Give fewer (--training.envs), or a larger batch."
            )
        spec = {**self._spec, "device": device}
        fleet = Fleet.of(self.python, table.backend, spec, table.patience_s, table.alone)
        env = ServedEnv(table, self.signals, fleet, num_envs, threads)
        return env if device == "cpu" else OnDevice(env, device)

    @cached_property
    def _spec(self) -> Mapping[str, object]:
        """What a server is told: plain data."""
        table = self.table
        widths = [math.prod(row.sizes) for row in table.signals.values()]
        return {
            "environment": table.environment,
            "backend": table.backend,
            "batch": table.batch,
            "arguments": table.arguments,
            "imports": table.imports,
            "path": [str(self.origin / Path(folder).expanduser()) for folder in table.path],
            "folder": str(self.path.parent),
            "observation": table.observation,
            "action_scale": table.action_scale,
            "signals": [row.plain() for row in table.signals.values()],
            "names": list(table.signals),
            "widths": widths,
            "width": sum(widths),
            "success": table.success.plain() if table.success else None,
            "metric": table.metric.plain() if table.metric else None,
            "native": table.native.read.plain() if table.native and table.native.read else None,
            "render": table.camera,
        }


def _signals(table: Table) -> tuple[Signal, ...]:
    """Those of the file, and the policy's commands."""
    size = (table.action_size,)
    commands = {"actions": "commands of this step", "previous_actions": "commands of the step before"}
    return (
        *(row.signal(name) for name, row in table.signals.items()),
        *(Signal(name, size, "1", "policy", says, Role.ACTION, -1.0, 1.0) for name, says in commands.items()),
    )
