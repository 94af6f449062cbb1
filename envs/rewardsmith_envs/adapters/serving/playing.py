"""Playing an environment at random, and writing down what was seen."""

import time

import numpy as np

from . import readers

EPISODES = 20
_LONGEST = 1000
"""Control steps of an episode that nothing ends."""
_HISTORY = 300
"""Steps whose numbers are kept, to find signals that are the same."""
_MOST_REWARDS = 3
"""Different values of a reward that is still called sparse."""


class Player:
    """One environment and what is counted while it is played."""

    def __init__(self, env, observe, actions, limit):
        """Of an environment that was reset; ``limit`` control steps an episode, or None."""
        self.env, self.observe, self.actions = env, observe, actions
        self.limit = limit or _LONGEST
        self.infos, self.rewards, self.low, self.high = {}, set(), np.inf, -np.inf
        self.steps = self.ended = self.cut = 0
        self.broken = ""

    def play(self, wanted, seconds):
        """Some episodes of random actions; fewer where they take longer than ``seconds``."""
        tracks = [_Track(reader, self.env) for reader in wanted]
        began, chance, episodes = time.time(), np.random.RandomState(0), 0
        while episodes < EPISODES and (not episodes or time.time() - began < seconds):
            self._episode(episodes, tracks, chance)
            episodes += 1
        return {
            "episodes": episodes,
            "steps": self.steps,
            "signals": [track.told() for track in _distinct(tracks)],
            "infos": [dict(self.infos[name], name=name) for name in sorted(self.infos)],
            "reward_low": float(self.low),
            "reward_high": float(self.high),
            "dense": len(self.rewards) > _MOST_REWARDS,
            "ended": self.ended,
            "cut": self.cut,
            "broken": self.broken,
        }

    def _episode(self, number, tracks, chance):
        obs, info = self.env.reset(seed=1000 + number)
        size = len(self.observe(obs))
        for track in tracks:
            track.read(obs, info, True)
        for step in range(1, self.limit + 1):
            action = self.actions.of(chance.uniform(-1.0, 1.0, self.actions.size))
            obs, reward, terminated, truncated, info = self.env.step(action)
            self.steps += 1
            self._watch(self.observe(obs), reward, size, step)
            for track in tracks:
                track.read(obs, info, False)
            last = terminated or truncated or step == self.limit
            self._note(info, step == 1, last)
            self.ended += bool(terminated)
            if truncated:
                self.cut = min(self.cut or step, step)
            if last:
                return

    def _watch(self, seen, reward, size, step):
        if len(seen) != size:
            raise ValueError(
                "the observation had %d numbers at the start and %d at step %d. It must keep its size: pad "
                "it, or leave out what comes and goes" % (size, len(seen), step)
            )
        if not self.broken and not (np.isfinite(seen).all() and np.isfinite(reward)):
            what = "reward" if np.isfinite(seen).all() else "observation"
            self.broken = "the %s was not finite at step %d of a random episode" % (what, step)
        if np.isfinite(reward):
            self.low, self.high = min(self.low, float(reward)), max(self.high, float(reward))
            if len(self.rewards) <= _MOST_REWARDS:
                self.rewards.add(round(float(reward), 6))

    def _note(self, info, first, last):
        """Entries of ``info`` that are yes or no, or a number."""
        for name, value in info.items():
            if np.size(value) != 1 or not isinstance(value, (bool, int, float, np.generic, np.ndarray)):
                continue
            number = np.asarray(value).reshape(-1)[0]
            if not isinstance(number, (np.bool_, np.number)):
                continue
            own = self.infos.setdefault(str(name), {"seen": 0, "flag": True, "first": 0, "last": 0})
            own["seen"] += 1
            own["flag"] = own["flag"] and float(number) in (0.0, 1.0)
            own["first"] += int(first and number > 0.5)
            own["last"] += int(last and number > 0.5)


class _Track:
    """One reader, and what it gave."""

    def __init__(self, reader, env):
        self.reader, self.read_one = reader, readers.make(reader, env, "")
        self.low = self.high = self.start_low = self.start_high = None
        self.history, self.sound = [], True

    def read(self, obs, info, starting):
        """Take in one step; a reader that fails or changes its size is given up."""
        if not self.sound:
            return
        try:
            value = self.read_one(obs, info)
        except (readers.ReaderError, AttributeError, KeyError, TypeError, ValueError):
            self.sound = False
            return
        if not np.isfinite(value).all():
            return
        if self.low is None:
            self.low = self.start_low = value
            self.high = self.start_high = value
        if len(value) != len(self.low):
            self.sound = False
            return
        self.low, self.high = np.minimum(self.low, value), np.maximum(self.high, value)
        if starting:
            self.start_low = np.minimum(self.start_low, value)
            self.start_high = np.maximum(self.start_high, value)
        if len(self.history) < _HISTORY:
            self.history.append(value)

    def moves(self):
        """Whether it says anything at all."""
        return self.sound and self.low is not None and bool((self.high > self.low + 1e-9).any())

    def told(self):
        """As plain data."""
        spans = ("low", "high", "start_low", "start_high")
        return dict(
            {name: [float(number) for number in getattr(self, name)] for name in spans}, reader=self.reader
        )


def _distinct(tracks):
    """Without those that stand still or repeat another, whole or in one of its numbers."""
    kept, columns = [], []
    for track in tracks:
        if not track.moves():
            continue
        own = list(np.array(track.history).T)
        if all(any(_alike(column, other) for other in columns) for column in own):
            continue
        kept.append(track)
        columns += own
    return kept


def _alike(one, other):
    return len(one) == len(other) and np.allclose(one, other, rtol=1e-5, atol=1e-6)


def seeds(env, make, observe, actions):
    """Whether a seed gives the same again: in the same environment and in a new one."""
    plan = np.random.RandomState(1).uniform(-1.0, 1.0, (10, actions.size))
    used, again, new = [_future(one, 7, observe, actions, plan) for one in (env, env, make())]
    other = _future(env, 8, observe, actions, plan)
    return {
        "starts": _equal(used[0], again[0]) and _equal(used[0], new[0]),
        "futures": _same(used, again) and _same(used, new),
        "again": _equal(used[0], again[0]),
        "vary": not _equal(used[0], other[0]),
    }


def _future(env, seed, observe, actions, plan):
    seen = [observe(env.reset(seed=seed)[0])]
    for action in plan:
        obs, _, terminated, truncated, _ = env.step(actions.of(action))
        seen.append(observe(obs))
        if terminated or truncated:
            break
    return seen


def _same(one, other):
    return len(one) == len(other) and all(_equal(a, b) for a, b in zip(one, other))


def _equal(one, other):
    """To the bit; what is no number in both is equal, too."""
    return one.shape == other.shape and bool(((one == other) | ((one != one) & (other != other))).all())
