"""Drafts of task files: what was measured, what was guessed, and what a person must decide."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from rewardsmith_envs.adapters.guesses import Guess, guess, short, widened
from rewardsmith_envs.adapters.looking import Info, Measured, Seen, Subject, look, subject
from rewardsmith_envs.adapters.table import TODO

_STILL = 1e-3
"""Radians or metres: a joint that moves less stands still."""
_LISTED = 40
"""Names of a scene that a comment lists."""
_MEMORY_MB, _MOST_ENVS = 4_000, 512
_TELLING = ("success", "solved", "goal", "reach", "complete", "achieved")
_HEAD = """\
# A draft of a task file, made of the live environment. What was measured says so, guesses too.
# A value that begins with TODO is yours to decide; nothing runs before that.
# Then: rewardsmith adapt --check THIS-FILE
"""
_HUMAN = """\
human_reward: ""  # none; or a program of yours, the baseline that a search is compared with:
# human_reward: |
#   def compute_reward(tip_pos, goal_pos):
#       near = 1.0 - torch.tanh(5.0 * torch.norm(tip_pos - goal_pos, dim=-1))
#       return near, {"near": near}
"""


def draft(environment: str, python: str, name: str, folder: Path) -> str:
    """Draft a file from a live environment (see :class:`rewardsmith.contracts.TaskSource`)."""
    about = subject(environment, python)
    return write(about, look(about), name or _kebab(about.environment), python, folder)


def write(about: Subject, seen: Seen, name: str, python: str, folder: Path) -> str:
    """The text of the file.

    Args:
        about: Which environment.
        seen: What was found out.
        name: Of the task.
        python: The interpreter as the user named it; empty: this one.
        folder: Where the file will lie.
    """
    lines = [
        *_warnings(seen),
        *_environment(about, seen, name, python, folder),
        *_goal(seen),
        *_time(seen),
        f"action_size: {seen.actions.size}",
        *_actions(seen),
        "",
        *_signals(seen),
        *_rewards(seen),
        *_capabilities(seen),
    ]
    return _HEAD + "\n".join(lines) + "\n"


def _kebab(environment: str) -> str:
    plain = re.sub(r"-v\d+$", "", environment.rpartition("/")[2])
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", plain)
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")


def _warnings(seen: Seen) -> Iterator[str]:
    """What is wrong with the environment itself, before anything else."""
    seeds, found = seen.seeds, list[str]()
    if seen.played.broken:
        found.append(f"{seen.played.broken}. Random actions must not break it: make it more robust.")
    if not seeds.again:
        found.append(
            "reset(seed=7) twice began differently, so seeds are ignored: call super().reset(seed=seed) and "
            "draw from self.np_random alone."
        )
    elif not seeds.starts:
        found.append("With the same seed a new environment begins differently from a used one: reset it all.")
    elif not seeds.futures:
        found.append("The same seed and actions went on differently: something outlives a reset.")
    if not seeds.vary:
        found.append("Two seeds began alike. A search needs starts or goals that differ.")
    if not seen.played.signals:
        found.append("Nothing was found that could be a signal: name them yourself.")
    if found:
        yield "#\n# LOOK AT THIS FIRST"
        yield from (f"# - {text}" for text in found)


def _environment(about: Subject, seen: Seen, name: str, python: str, folder: Path) -> Iterator[str]:
    yield "format: 1"
    yield f"name: {name}"
    if about.backend != "gymnasium":
        yield f"backend: {about.backend}"
    yield f"environment: {_plain(about.environment)}"
    if about.imports:
        yield f"imports: {_plain(list(about.imports))}"
    if about.path:
        paths = [os.path.relpath(path, folder.absolute()) for path in about.path]
        yield f"path: {_plain(paths)}  # where that is, seen from this file"
    if python.startswith("suite:"):
        yield f"python: {python}"
    elif about.python != sys.executable:
        yield f"python: {_plain(about.python)}"
    versions = ", ".join(f"{package} {version}" for package, version in seen.packages.items())
    yield f"packages: {_plain(list(seen.packages))}  # {versions}; scores change with them"
    yield ""
    yield "# for a writer who sees nothing else: robot, scene, what is to be done; neither the threshold"
    yield "# of success nor the reward; a hundred characters at least"
    yield f"description: {TODO} what the robot must do, and until when"


def _goal(seen: Seen) -> Iterator[str]:
    yield f"success_rule: {TODO} the goal in words, with its threshold as a number and its unit"
    found = _candidates(seen.played.infos)
    if not found:
        yield "# info has nothing that looks like success; it has: " + (
            ", ".join(info.name for info in seen.played.infos) or "no numbers"
        )
        yield "# a function beside this file does it, `def met(env, obs, info)`: {function: success.py:met}"
        yield f"success: {TODO} where it is read"
        return
    best = found[0]
    missing = ", missing: 0" if best.seen < seen.played.steps else ""
    yield f"success: {{info: {_plain(best.name)}{missing}}}" + (
        f"  # others: {', '.join(info.name for info in found[1:])}" if found[1:] else ""
    )
    yield (
        f"# of {seen.played.episodes} random episodes it was true at the first step in {best.first}, at the "
        f"last in {best.last}"
    )


def _candidates(infos: Sequence[Info]) -> list[Info]:
    """Entries that say yes or no, those first that are called like success."""

    def place(info: Info) -> int:
        low = info.name.lower()
        return next((number for number, word in enumerate(_TELLING) if word in low), len(_TELLING))

    flags = [info for info in infos if info.flag and "truncated" not in info.name.lower()]
    return sorted(flags, key=place)


def _time(seen: Seen) -> Iterator[str]:
    played, limits = seen.played, [limit for limit in (seen.limit, seen.played.cut) if limit]
    if limits:
        yield f"horizon: {min(limits)}  # control steps of an episode, as the environment has it"
    else:
        yield f"horizon: {TODO} control steps of an episode; the environment has no limit of its own"
    if played.ended:
        yield f"# the environment ended {played.ended} of {played.episodes} random episodes by itself"
        yield "terminations: but-success  # or all, none: which of its ends end an episode"
    if seen.second.seconds:
        yield f"control_dt: {seen.second.seconds:g}  # seconds of a control step, from {seen.second.source}"
    else:
        yield f"control_dt: {TODO} seconds of a control step"


def _actions(seen: Seen) -> Iterator[str]:
    actions = seen.actions
    if actions.bounded:
        yield f"# actions of -1 and 1 are the bounds of its space, {actions.low:g} and {actions.high:g}"
    else:
        yield "# its action space has no bounds: action_scale is what an action of 1 is"
        yield "action_scale: 1.0"


def _signals(seen: Seen) -> Iterator[str]:
    """All that a reward may read, with measured bounds."""
    yield "# What a reward may read. Delete what it does not need, rename the rest as you like."
    yield f"# Ranges of {seen.played.episodes} random episodes ({seen.played.steps} steps), widened."
    for part in seen.observation:
        label = f"observation {part.key}" if part.key else "plain observation"
        reader = f"key: {part.key}, columns" if part.key else "slice"
        yield f"# {label}: {part.size} numbers; some of them: {{{reader}: [first, behind the last]}}"
    for kind, names in seen.scene.items():
        more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
        yield f"# {kind}: {', '.join(names[:_LISTED])}{more}"
    yield "signals:" if seen.played.signals else f"signals: {TODO} name what a reward may read"
    names = set[str]()
    for one in _trimmed(seen.played.signals):
        guessed = guess(one)
        name, number = guessed.name, 2
        while name in names or name in ("actions", "previous_actions"):
            name, number = f"{guessed.name}_{number}", number + 1
        names.add(name)
        yield from _signal(name, guessed, one)


def _trimmed(signals: Sequence[Measured]) -> list[Measured]:
    """Without the joints that never move, in positions and velocities alike."""
    joints = [one for one in signals if isinstance(one.reader.get("joint"), list)]
    if not joints:
        return list(signals)
    least, places = joints[0], range(len(joints[0].low))  # positions come before velocities
    moving = [at for at in places if least.high[at] - least.low[at] > _STILL]
    if not moving or any(len(one.low) != len(least.low) for one in joints):
        return list(signals)
    return [_of_joints(one, moving) if one in joints else one for one in signals]


def _of_joints(one: Measured, chosen: Sequence[int]) -> Measured:
    names = one.reader["joint"]
    sides = (one.low, one.high, one.start_low, one.start_high)
    return Measured(
        {**one.reader, "joint": [str(names[at]) for at in chosen]},
        *(tuple(side[at] for at in chosen) for side in sides),
    )


def _signal(name: str, guessed: Guess, one: Measured) -> Iterator[str]:
    own = [(word, value) for word, value in vars(guessed).items() if word not in ("name", "meaning")]
    sure = [word for word, value in own if not value.startswith(TODO)]
    note = f"  # guessed from the name: {', '.join(sure)}" if sure else ""
    yield f"  {name}:{note}"
    yield f"    {', '.join(f'{key}: {_plain(value)}' for key, value in one.reader.items())}".replace(
        ", quantity", "\n    quantity"
    ).replace(", columns", "\n    columns")
    if len(one.low) > 1:
        yield f"    shape: [{len(one.low)}]"
    for word, value in (*own, ("meaning", guessed.meaning)):
        yield f"    {word}: {_plain(value)}"
    low, high = widened(one, guessed.unit)
    yield f"    low: {low}  # seen: {min(one.low):.3g} to {max(one.high):.3g}"
    yield f"    high: {high}"
    if not guessed.unit.endswith("/s"):
        start = [[short(number) for number in side] for side in (one.start_low, one.start_high)]
        yield f"    start: {start}  # at the start of episodes; measured"


def _rewards(seen: Seen) -> Iterator[str]:
    played = seen.played
    yield ""
    span = f"{played.reward_low + 0.0:.3g} to {played.reward_high + 0.0:.3g} in random episodes"
    if played.dense:
        yield f"# its own reward has many values, {span}: a baseline, `--reward native`"
        yield "native:"
        yield f"  says: {TODO} what its own reward is made of, and whether it contains success"
    else:
        yield f"# its own reward has few values ({span}), so it is no baseline: no `native`"
    yield _HUMAN.rstrip()


def _capabilities(seen: Seen) -> Iterator[str]:
    seeds = seen.seeds
    repeats = "bit" if seeds.futures else "starts" if seeds.starts else "run"
    yield ""
    yield f"repeats: {repeats}  # what a seed gives again: bit, starts or run; measured"
    room = int(_MEMORY_MB / max(seen.memory_mb, _MEMORY_MB / _MOST_ENVS))
    yield f"most_envs: {max(1, room)}  # one takes {seen.memory_mb:.1f} MB; as many fit into 4 GB"
    if seen.camera and "rgb_array" in seen.modes:
        yield f"camera: false  # it has rgb_array, and cannot draw here: {' '.join(seen.camera.split())}"
    else:
        yield f"camera: {'false  # it draws no pictures' if seen.camera else 'true'}"


def _plain(value: object) -> str:
    """A value on one line of YAML."""
    text = yaml.safe_dump(
        str(value) if isinstance(value, str) else value,
        default_flow_style=True,
        width=10**9,
        allow_unicode=True,
    )
    return text.removesuffix("...\n").strip()
