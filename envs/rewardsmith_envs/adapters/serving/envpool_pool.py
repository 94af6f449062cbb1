"""EnvPool's batches: seeds are fixed when a batch is made, so every block has one of its own."""

import numpy as np

from . import frames, readers, spaces
from .gymnasium_pool import UnusableError

_ENDLESS = 1 << 30
"""Control steps: the horizon is not EnvPool's business, and its own resets never happen."""
_BATCHED = ("slice", "key", "info", "function")


class Pool:
    """Rows of environments; each is one of a block that began together."""

    def __init__(self, spec, count):
        """Look at one environment; the others are made when their seeds are known."""
        self.spec, self.folder = spec, spec["folder"]
        self.blocks, self.index = [None] * count, np.zeros(count, np.int32)
        self.ended = np.zeros(count, bool)
        one = _Block(spec, [0])
        self.actions = spaces.Actions(one.env.action_space, spec.get("action_scale", 1.0))
        obs, _ = one.reset(np.zeros(1, np.int32))
        self.observe = _observer(obs, spec["observation"])
        self.inputs = self.observe(obs).shape[1]
        self._one = one
        self.signals = [self._reader(reader) for reader in spec["signals"]]
        self.success, self.metric, self.native = [
            self._reader(spec[key]) if spec[key] else None for key in ("success", "metric", "native")
        ]

    def _reader(self, reader):
        """A function of batched observation and info that gives one row of numbers each."""
        if not any(kind in reader for kind in _BATCHED):
            raise UnusableError(
                "EnvPool shows observation and info alone; %s cannot be read there. Give one of %s"
                % (sorted(reader), ", ".join(_BATCHED))
            )
        return readers.make_batched(reader, self.folder)

    def start(self, rows, seeds):
        """Begin random streams: one new batch with these seeds."""
        for row in rows:
            self.blocks[row] = None  # so that a batch nobody needs is gone before the next is made
        block = _Block(self.spec, [int(seed) & 0x7FFFFFFF for seed in seeds])
        for number, row in enumerate(rows):
            self.blocks[row], self.index[row] = block, number
        return self.again(rows, seeds)

    join = start

    def again(self, rows, seeds):
        """The next episodes of some rows, in the streams that they have."""
        out = np.empty((len(rows), self.inputs), np.float32)
        for block, chosen in self._by_block(rows):
            obs, _ = block.reset(self.index[rows[chosen]])
            out[chosen] = self.observe(obs)
        self.ended[rows] = False
        return out

    def step(self, rows, actions):
        """One control step of some rows (see :meth:`gymnasium_pool.Pool.step`)."""
        if self.ended[rows].any():
            raise UnusableError(
                "an episode that EnvPool ended is to go on, and its next step would be a reset. Give "
                "`terminations: all`"
            )
        count = len(rows)
        obs_out = np.empty((count, self.inputs), np.float32)
        read = np.empty((count, self.spec["width"]), np.float32)
        native, score = np.empty(count, np.float32), np.zeros(count, np.float32)
        flags = np.zeros(count, np.uint8)
        actions = self.actions.of(actions)
        for block, chosen in self._by_block(rows):
            obs, reward, terminated, truncated, info = block.step(actions[chosen], self.index[rows[chosen]])
            obs_out[chosen] = self.observe(obs)
            if self.signals:
                read[chosen] = np.concatenate([reader(obs, info) for reader in self.signals], axis=1)
            native[chosen] = self.native(obs, info)[:, 0] if self.native else reward
            if self.metric:
                score[chosen] = self.metric(obs, info)[:, 0]
            met = self.success(obs, info)[:, 0] > 0.5 if self.success else np.zeros(len(reward), bool)
            flags[chosen] = (
                np.where(met, frames.SUCCESS, 0)
                | np.where(terminated, frames.TERMINATED, 0)
                | np.where(truncated, frames.TRUNCATED, 0)
            )
            self.ended[rows[chosen]] = terminated | truncated
        sound = np.isfinite(obs_out).all(axis=1) & np.isfinite(read).all(axis=1) & np.isfinite(score)
        flags[~sound] |= frames.BROKEN
        return obs_out, read, score, native, flags

    def check_widths(self, widths, names):
        """Every reader gives as many numbers as the file says."""
        still = self.actions.of(np.zeros((1, self.actions.size)))
        obs, _, _, _, info = self._one.step(still, np.zeros(1, np.int32))
        for reader, width, name in zip(self.signals, widths, names):
            got = reader(obs, info).shape
            if got != (1, width):
                raise UnusableError(
                    "the signal %s has %d numbers, and its shape says %d" % (name, got[-1], width)
                )
        self._one = None

    def render(self, row):
        """A picture of one environment, (height, width, 3) uint8."""
        return np.asarray(self.blocks[row].env.render(env_ids=[int(self.index[row])])[0], np.uint8)

    def close(self):
        """Close all of them."""
        self.blocks = []

    def _by_block(self, rows):
        """Blocks and the places of their rows, which are most often all."""
        blocks = {id(self.blocks[row]): self.blocks[row] for row in rows}
        if len(blocks) == 1:
            return [(next(iter(blocks.values())), slice(None))]
        whose = np.array([id(self.blocks[row]) for row in rows])
        return [(block, np.flatnonzero(whose == key)) for key, block in blocks.items()]


class _Block:
    """One batch of EnvPool."""

    def __init__(self, spec, seeds):
        import envpool

        arguments = {"max_episode_steps": _ENDLESS, "num_threads": 1}
        arguments.update(spec["arguments"])
        if spec["render"]:
            arguments["render_mode"] = "rgb_array"
        self.env = envpool.make_gymnasium(
            spec["environment"], num_envs=len(seeds), env_seed=seeds, **arguments
        )

    def reset(self, ids):
        obs, info = self.env.reset(ids)
        return _ordered((obs, info), ids, info["env_id"])

    def step(self, actions, ids):
        found = self.env.step(actions, ids)
        return _ordered(found, ids, found[-1]["env_id"])


def _ordered(found, ids, got):
    """Rows as they were asked for, whichever was ready first."""
    if np.array_equal(ids, got):
        return found
    where = {int(number): place for place, number in enumerate(got)}
    order = [where[int(number)] for number in ids]
    return tuple(_taken(part, order) for part in found)


def _taken(part, order):
    if isinstance(part, dict):
        return {name: _taken(value, order) for name, value in part.items()}
    return part[order]


def _observer(obs, wanted):
    """As :func:`spaces.observer`, for a batch."""
    if not isinstance(obs, dict):
        if wanted:
            raise spaces.SpaceError("observation names %s, but this one is a plain array" % ", ".join(wanted))
        if obs.ndim > 2:
            raise spaces.SpaceError("an observation has shape %s; pictures cannot be used" % (obs.shape[1:],))
        return lambda value: value.reshape(len(value), -1).astype(np.float32)
    paths = spaces.paths_of(obs, wanted)

    def observe(value):
        parts = [spaces.at(value, path) for path in paths]
        return np.concatenate([part.reshape(len(part), -1) for part in parts], axis=1).astype(np.float32)

    return observe
