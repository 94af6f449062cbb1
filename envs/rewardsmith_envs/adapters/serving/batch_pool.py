"""Suites that hold a batch of fixed size in one simulation, of which a process can have one.

Rows are numbered as the client does: it gives out handles to rows, and those that it does not use
are fed zeros and reset when the suite ends them. A simulation outlives its pools.
"""

import random

import numpy as np

from . import batch_readers, frames, readers, spaces
from .gymnasium_pool import UnusableError

ENDLESS = 1 << 30
"""Control steps: the horizon is not the suite's business."""


class Simulation:
    """What a family of suites says of its simulation; ``env`` is the suite's own object."""

    goes_on = False
    """Whether a row that the suite ended may go on as if it had not."""
    resets_itself = False
    """Whether a row that the suite ended begins anew within the same step."""
    env = torch = None
    """Set by a family: torch too, since some suites must be imported before it."""
    size, device = 0, "cpu"

    def action_space(self):
        """Lower and upper bounds of one environment's actions, numpy arrays."""
        space = getattr(self.env, "single_action_space", None) or self.env.action_space
        shape = space.shape
        low, high = np.broadcast_to(space.low, shape), np.broadcast_to(space.high, shape)
        return low.astype(np.float32), high.astype(np.float32)

    def seed(self, number):
        """Set the generators that all rows draw from."""
        random.seed(number)
        np.random.seed(number)
        self.torch.manual_seed(number)
        if self.torch.cuda.is_available():
            self.torch.cuda.manual_seed_all(number)

    def begin(self, seed):
        """Seed once, reset all rows, and give the observations of all."""
        raise NotImplementedError

    def reset(self, rows):
        """Reset some rows, an int64 tensor, and give the observations of all."""
        raise NotImplementedError

    def step(self, actions, rows, look):
        """One control step of all rows; ``rows`` are those in use.

        ``look(observations, info)`` is called once, where all that the step led to can be read and
        nothing is reset yet. Gives observations after resets, reward, terminated, truncated.
        """
        raise NotImplementedError

    def tensor(self, value, name):
        """Anything with a row for each environment as ``(size, width)`` float32."""
        value = getattr(value, "torch", value)  # Isaac Lab 3.0 wraps its arrays
        value = self.torch.as_tensor(value, device=self.device)
        if value.dim() == 0 or value.shape[0] != self.size:
            raise readers.ReaderError(
                "%s has the shape %s, and one row for each of %d environments is needed; a mean over all "
                "says nothing of one" % (name, tuple(value.shape), self.size)
            )
        return value.reshape(self.size, -1).to(self.torch.float32)


class Batch:
    """The simulation of this process, and what is known of each row."""

    def __init__(self, spec, sim):
        """Begin once, to see what observations are like."""
        self.spec, self.sim, self.owner = spec, sim, None
        low, high = sim.action_space()
        self.actions = spaces.Actions(_Box(low, high), spec.get("action_scale", 1.0))
        obs = sim.begin(0)
        self.paths = spaces.paths_of(obs, spec["observation"])
        self.first = self._numbers(self._observed(obs))
        self.inputs = self.first.shape[1]
        self.over = np.zeros(sim.size, bool)
        self.signals = [batch_readers.make(one, sim, spec["folder"]) for one in spec["signals"]]
        self.others = [
            batch_readers.make(spec[key], sim, spec["folder"]) if spec[key] else None
            for key in ("success", "metric", "native")
        ]

    def _observed(self, obs):
        parts = [self.sim.tensor(spaces.at(obs, path), "/".join(path)) for path in self.paths]
        return self.sim.torch.cat(parts, 1)

    def _numbers(self, value, rows=None):
        """A copy in this process's memory: the suite goes on writing to its own."""
        chosen = value.clone() if rows is None else value[rows]
        return chosen.detach().cpu().numpy()

    def _rows(self, rows):
        return self.sim.torch.as_tensor(np.asarray(rows, np.int64), device=self.sim.device)

    def start(self, seed):
        """Begin all rows; what they draw hangs on the seed and on the batch's size."""
        self.first = self._numbers(self._observed(self.sim.begin(seed)))
        self.over[:] = False

    def again(self, rows):
        """The next episodes of some rows, unless the suite began them already."""
        due = rows[~self.over[rows]] if self.sim.resets_itself else rows
        if len(due):
            seen = self._observed(self.sim.reset(self._rows(due)))
            self.first[due] = self._numbers(seen, self._rows(due))
        self.over[rows] = False
        return self.first[rows]

    def step(self, rows, actions):
        """Step all rows; the numbers of some (see :meth:`gymnasium_pool.Pool.step`)."""
        if self.over[rows].any():
            raise UnusableError(
                "an episode that the suite ended is to go on, and cannot. Give `terminations: all`, or take "
                "the suite's own ends away by `arguments`"
            )
        self._tidy(rows)
        whole = np.zeros((self.sim.size, self.actions.size), np.float32)
        whole[rows] = self.actions.of(actions)
        chosen, seen = self._rows(rows), []
        moved = self.sim.torch.as_tensor(whole, device=self.sim.device)
        after, *ends = self.sim.step(
            moved, chosen, lambda obs, info: seen.append(self._look(obs, info, chosen))
        )
        if len(seen) != 1:
            raise UnusableError(
                "the suite's step was to be looked at once, and was %d times: this version of it works in "
                "another order. Use one that the documentation names" % len(seen)
            )
        ends = [self.sim.tensor(one, "what a step returns") for one in ends]
        reward, terminated, truncated = self._numbers(self.sim.torch.cat(ends, 1)).T
        ended = (terminated > 0.5) | (truncated > 0.5)
        if not self.sim.goes_on:
            self.over = ended
        if self.sim.resets_itself:
            now = self._numbers(self._observed(after))
            self.first[ended] = now[ended]
            going = ~ended[rows]  # what comes behind resets is news for those that go on
            seen[0][going, : self.inputs] = now[rows][going]
        return self._told(seen[0], reward[rows], terminated[rows] > 0.5, truncated[rows] > 0.5)

    def _tidy(self, rows):
        """Rows that nobody uses begin anew when the suite ended them."""
        idle = self.over.copy()
        idle[rows] = False
        if idle.any():
            self.again(np.flatnonzero(idle))

    def _look(self, obs, info, rows):
        """All numbers of a step in one copy: observation, signals, success, metric, native."""
        read = [reader(obs, info) for reader in self.signals]
        read += [one(obs, info)[:, :1] for one in self.others if one]
        return self._numbers(self.sim.torch.cat([self._observed(obs), *read], 1), rows)

    def _told(self, seen, reward, terminated, truncated):
        end = self.inputs + self.spec["width"]
        obs, read, rest = seen[:, : self.inputs], seen[:, self.inputs : end], list(seen[:, end:].T)
        success, metric, native = [rest.pop(0) if one else None for one in self.others]
        score = np.zeros(len(seen), np.float32) if metric is None else metric
        flags = np.where(terminated, frames.TERMINATED, 0) | np.where(truncated, frames.TRUNCATED, 0)
        if success is not None:
            flags |= np.where(success > 0.5, frames.SUCCESS, 0)
        sound = np.isfinite(obs).all(axis=1) & np.isfinite(read).all(axis=1) & np.isfinite(score)
        flags[~sound] |= frames.BROKEN
        return obs, read, score, reward if native is None else native, flags.astype(np.uint8)

    def check_widths(self, widths, names):
        """Every reader gives as many numbers as the file says."""
        got = []
        still = self.sim.torch.zeros((self.sim.size, self.actions.size), device=self.sim.device)
        self.sim.begin(0)

        def look(obs, info):
            got.extend(reader(obs, info).shape[1] for reader in self.signals)

        self.sim.step(still, self._rows(np.arange(self.sim.size)), look)
        for width, found, name in zip(widths, got, names):
            if found != width:
                raise UnusableError(
                    "the signal %s has %d numbers, and its shape says %d" % (name, found, width)
                )


class _Box:
    """Bounds as :class:`spaces.Actions` takes them."""

    def __init__(self, low, high):
        self.low, self.high, self.shape, self.dtype = low, high, low.shape, np.dtype(np.float32)


_MADE = []
"""The one :class:`Batch` of this process."""


class Pool:
    """Rows of the one simulation, of whom others take over when their episodes begin."""

    def __init__(self, spec, count, family):
        """Make the simulation, unless this process has it.

        Args:
            spec: What the task file says.
            count: Rows, ``spec["batch"]`` at most.
            family: Makes the :class:`Simulation` of a spec.
        """
        if count > spec["batch"]:
            raise UnusableError(
                "%d environments are wanted, and `batch` is %d: give fewer, or a larger batch"
                % (count, spec["batch"])
            )
        if not _MADE:
            _MADE.append(Batch(spec, family(spec)))
        self.batch = _MADE[0]
        self.actions, self.inputs = self.batch.actions, self.batch.inputs

    def start(self, rows, seeds):
        """Begin anew with nobody else: the first seed is that of the whole batch."""
        self.batch.owner = self
        self.batch.start(int(seeds[0]) & 0x7FFFFFFF)
        return self.batch.first[rows]

    def join(self, rows, seeds):
        """Begin beside others, from wherever the one generator stands."""
        return self._own().again(np.asarray(rows))

    again = join

    def step(self, rows, actions):
        """One control step (see :meth:`gymnasium_pool.Pool.step`)."""
        return self._own().step(np.asarray(rows), actions)

    def _own(self):
        if self.batch.owner is not self:
            raise UnusableError("its one simulation was begun anew for something else")
        return self.batch

    def check_widths(self, widths, names):
        """Every reader gives as many numbers as the file says; looked at once."""
        if self.batch.owner is None:
            self.batch.check_widths(widths, names)

    def render(self, row):
        """Nothing: a batch draws no pictures."""
        raise UnusableError("a batch in one simulation draws no pictures here")

    def close(self):
        """Leave the simulation to the next; it ends with its process."""
        if self.batch.owner is self:
            self.batch.owner = None
