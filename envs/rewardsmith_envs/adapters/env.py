"""Environments in servers, as one (see :class:`rewardsmith.contracts.VecEnv`)."""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rewardsmith.contracts import Signal, Step
from rewardsmith.errors import RewardsmithError
from rewardsmith_envs.adapters.fleets import Fleet
from rewardsmith_envs.adapters.servers import Server, SuiteError
from rewardsmith_envs.adapters.serving import frames
from rewardsmith_envs.adapters.table import Table
from rewardsmith_envs.bookkeeping import Bookkeeping
from rewardsmith_envs.random_streams import episode_block, staggered_ages

_SEED_BITS = 0x7FFFFFFF
"""Suites take seeds of 31 bits."""
_ACTIONS = ("actions", "previous_actions")


@dataclass(frozen=True)
class _Share:
    """What one server has of the batch."""

    server: Server
    rows: NDArray[np.int64]
    """Rows of the batch."""
    places: NDArray[np.int32]
    """The same environments as the server numbers them."""


class ServedEnv:
    """Rows of a batch are handles to environments in servers; the order of rows is ours alone."""

    def __init__(
        self, table: Table, signals: Sequence[Signal], fleet: Fleet, num_envs: int, threads: int
    ) -> None:
        """Make the environments.

        Args:
            table: The task file.
            signals: Of the task.
            fleet: Its servers.
            num_envs: As many at most.
            threads: Servers to spread them over.

        Raises:
            SuiteError: They cannot be made, or are not as the file says.
        """
        self._table, self._fleet, self._made = table, fleet, num_envs
        self._signals = [signal for signal in signals if signal.name not in _ACTIONS]
        self._width = sum(math.prod(signal.shape) for signal in self._signals)
        self._pool, self._servers = fleet.enter(max(1, min(threads, num_envs)))
        self._closed = weakref.finalize(self, fleet.close, self._pool)
        said = self._make()
        self.observation_size = int(said[0]["observations"])
        self.action_size = int(said[0]["actions"])
        if self.action_size != table.action_size:
            raise SuiteError(
                f"{table.environment} takes {self.action_size} actions, the file says {table.action_size}."
            )
        self._handles = np.arange(num_envs)
        self._now = Bookkeeping.of(torch.zeros(num_envs, dtype=torch.int64), self.action_size)
        self._shares = self._spread(np.arange(self.num_envs))

    def _make(self) -> list[dict[str, int]]:
        """Make them in their servers; what these say of sizes."""
        with self._fleet.talk():
            for number, server in enumerate(self._servers):
                server.ask(frames.MAKE, self._pool, len(range(number, self._made, len(self._servers))))
            return [server.plain_answer() for server in self._servers]

    def _claim(self) -> None:
        """Have the one simulation of a server for ourselves, from the first episode on."""
        mine = self._fleet.claim(self._pool, self._servers[0])
        if mine is not self._servers[0]:
            self._servers = (mine,)
            self._make()

    @property
    def num_envs(self) -> int:
        """Environments that are simulated."""
        return len(self._handles)

    def reset(self, seeds: Tensor, *, stagger: bool = False) -> Tensor:
        """Start every environment at episode 0 of its own random stream."""
        return self.exchange(seeds.new_empty(0), seeds, stagger=stagger)

    def exchange(self, kept: Tensor, seeds: Tensor, *, stagger: bool = False) -> Tensor:
        """Go on with some environments, and start others at episode 0 behind them."""
        going = self._handles[kept.numpy()]
        free = np.setdiff1d(np.arange(self._made), going)[: len(seeds)]
        if len(free) < len(seeds):
            raise ValueError(f"{len(kept)} + {len(seeds)} environments, and {self._made} were made")
        if self._fleet.alone and len(free):
            self._claim()
        self._handles = np.concatenate((going, free))
        new = Bookkeeping.of(seeds, self.action_size)
        if stagger:
            new.elapsed = staggered_ages(seeds, new.episodes, self._table.horizon)
        new.scored.fill_(self._worst)
        self._now = self._now.going_on(kept, new)
        self._shares = self._spread(np.arange(self.num_envs))
        fresh = np.arange(len(going), self.num_envs)
        return (
            torch.from_numpy(self._begin(frames.JOIN if len(going) else frames.START, fresh))
            if len(fresh)
            else torch.empty(0, self.observation_size)
        )

    def step(self, actions: Tensor) -> Step:
        """Advance one control step; environments whose episode ended start a new one."""
        now = self._now
        now.previous_actions, now.actions = now.actions, actions.float().clamp(-1.0, 1.0)
        seen, read, metric, native, flags = self._ask_step(now.actions.numpy())
        now.elapsed += 1
        unstable = torch.from_numpy(flags & frames.BROKEN != 0)
        signals = self._unpacked(torch.from_numpy(read), unstable)
        met = torch.from_numpy(flags & frames.SUCCESS != 0) & ~unstable
        success = (met | now.met) & ~unstable
        if self._table.latched:
            now.met.copy_(success)
        score = self._score(torch.from_numpy(metric), success, unstable)
        sparse = score - now.scored if self._table.metric else success.float()
        now.scored = score.clone()
        terminated = unstable | self._ends(torch.from_numpy(flags & frames.TERMINATED != 0), met)
        truncated = (now.elapsed >= self._table.horizon) & ~terminated
        ended = terminated | truncated
        self._check_time(flags, ended)
        final = torch.from_numpy(np.nan_to_num(seen)) if unstable.any() else torch.from_numpy(seen)
        observation = final
        if ended.any():
            observation = final.clone()
            now.episodes += ended
            now.restart(ended, self._worst)
            observation[ended] = torch.from_numpy(self._begin(frames.AGAIN, ended.nonzero()[:, 0].numpy()))
        paid = torch.from_numpy(np.nan_to_num(native)) if self._table.native else None
        return Step(
            observation, signals, score, success, terminated, truncated, sparse, unstable, final, paid
        )

    def advance(self) -> None:
        """Not by itself."""
        raise RewardsmithError(f"the physics of {self._table.environment} cannot run by itself.")

    def camera(self, width: int, height: int, name: str = "") -> Callable[[int], Tensor]:
        """The environment's own picture, scaled (see :class:`rewardsmith.contracts.VecEnv`)."""
        if not self._table.camera:
            raise RewardsmithError(
                f"{self._table.environment} draws no pictures, or its task file lacks `camera: true`."
            )
        if name:
            raise RewardsmithError(
                f"there is no camera {name!r}: {self._table.environment} has one of its own."
            )

        def draw(row: int) -> Tensor:
            with self._fleet.talk():
                server, place = self._place(self._handles[row])
                server.ask(frames.RENDER, self._pool, place)
                server.begin_answer()
                shape = server.array("i4", 3)
                picture = torch.from_numpy(server.array("u1", *map(int, shape)))
            scaled = torch.nn.functional.interpolate(
                picture.permute(2, 0, 1)[None].float(), (height, width), mode="bilinear", antialias=True
            )
            return scaled[0].permute(1, 2, 0).round().clamp(0, 255).to(torch.uint8)

        return draw

    def close(self) -> None:
        """Close the environments, and their servers unless another simulation uses them."""
        self._closed()

    @property
    def _worst(self) -> float:
        return self._table.metric.worst if self._table.metric else 0.0

    def _score(self, metric: Tensor, success: Tensor, unstable: Tensor) -> Tensor:
        """Success, or the mean of the metric over the episode as if that ended now."""
        if not self._table.metric:
            return success.float()
        self._now.earned += (metric.nan_to_num() - self._worst).clamp(min=0.0) * ~unstable
        return self._worst + self._now.earned / self._table.horizon

    def _ends(self, said: Tensor, met: Tensor) -> Tensor:
        kind = self._table.terminations
        return said if kind == "all" else said & ~met if kind == "but-success" else torch.zeros_like(said)

    def _check_time(self, flags: NDArray[np.uint8], ended: Tensor) -> None:
        """An environment with a limit of its own that is shorter than ours."""
        early = (flags & frames.TRUNCATED != 0) & ~ended.numpy()
        if early.any():
            least = int(self._now.elapsed[int(early.argmax())])
            raise SuiteError(
                f"{self._table.environment} ended an episode by a time limit of its own at step {least}, and "
                f"the task file's horizon is {self._table.horizon}. Give a horizon of {least}, or arguments "
                "without a limit."
            )

    def _unpacked(self, read: Tensor, unstable: Tensor) -> dict[str, Tensor]:
        """Copies of all signals, ``(num_envs, *shape)`` float32."""
        read[unstable] = 0.0
        found, at = dict[str, Tensor](), 0
        for signal in self._signals:
            width = math.prod(signal.shape)
            found[signal.name] = read[:, at : at + width].reshape(-1, *signal.shape).clone()
            at += width
        found["actions"], found["previous_actions"] = (
            self._now.actions.clone(),
            self._now.previous_actions.clone(),
        )
        return found

    def _place(self, handle: int) -> tuple[Server, int]:
        return self._servers[handle % len(self._servers)], int(handle // len(self._servers))

    def _spread(self, rows: NDArray[np.int64]) -> list[_Share]:
        """Rows by the servers that have them."""
        count, handles = len(self._servers), self._handles[rows]
        shares = [
            _Share(
                server,
                rows[handles % count == number],
                (handles[handles % count == number] // count).astype(np.int32),
            )
            for number, server in enumerate(self._servers)
        ]
        return [share for share in shares if len(share.rows)]

    def _begin(self, op: int, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Start the episodes of some rows, each seeded by its stream and its number."""
        chosen = torch.from_numpy(rows)
        block = episode_block(self._now.seeds[chosen], self._now.episodes[chosen])
        seeds = (block & _SEED_BITS).numpy()
        out = np.empty((len(rows), self.observation_size), np.float32)
        shares = self._spread(rows)
        where = [np.searchsorted(rows, share.rows) for share in shares]
        with self._fleet.talk():
            for share, own in zip(shares, where, strict=True):
                share.server.ask(op, self._pool, len(own), (share.places, "i4"), (seeds[own], "i8"))
            for share, own in zip(shares, where, strict=True):
                share.server.begin_answer()
                out[own] = share.server.array("f4", len(own), self.observation_size)
        return out

    def _ask_step(self, actions: NDArray[np.float32]) -> tuple[NDArray, ...]:
        """One control step of all rows, in all servers at once."""
        shapes = ((self.observation_size,), (self._width,), (), (), ())
        kinds = ("f4", "f4", "f4", "f4", "u1")
        out = tuple(
            np.empty((self.num_envs, *shape), kind) for shape, kind in zip(shapes, kinds, strict=True)
        )
        with self._fleet.talk():
            for share in self._shares:
                chosen = actions[share.rows]
                share.server.ask(
                    frames.STEP, self._pool, len(share.rows), (share.places, "i4"), (chosen, "f4")
                )
            for share in self._shares:
                share.server.begin_answer()
                for array, shape, kind in zip(out, shapes, kinds, strict=True):
                    array[share.rows] = share.server.array(kind, len(share.rows), *shape)
        return out
