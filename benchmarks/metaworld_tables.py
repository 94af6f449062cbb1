"""Writes the task files of Meta-World, for EnvPool and for four of its own classes.

``python benchmarks/metaworld_tables.py`` leaves bounds as they are, and those of new signals empty;
``benchmarks/suite_bounds.py`` measures them.
"""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import NamedTuple

import yaml
from suite_bounds import BOUNDS

TABLES = Path(__file__).parents[1] / "envs" / "rewardsmith_envs" / "adapters" / "tables"
_TASKS = Path(__file__).with_name("metaworld_tasks.yaml")


class Row(NamedTuple):
    """One task."""

    name: str
    difficulty: str
    thing: str
    """Name of the first object's signals."""
    meaning: str
    text: str
    rule: str
    simple: bool = False
    """Whether going to the object and bringing it to the goal solves it."""
    second: tuple[str, str] | None = None
    """Name and meaning of the second object."""


ROWS = [Row(**entry) for entry in yaml.safe_load(_TASKS.read_text(encoding="utf-8"))]
_JOINT = "  {}: {{joint: {}, unit: {}, frame: joint, meaning: {}, role: object, low: 0, high: 0}}\n"
OWN_CLASSES = {
    "push-v3": "  puck_quat: {body: obj, quantity: quat, unit: quat, frame: world, "
    'meaning: "orientation of the puck, w first", role: object, low: -1, high: 1}\n',
    "reach-v3": "",
    "drawer-open-v3": _JOINT.format(
        "drawer_opening", "goal_slidey", "m", "slide of the drawer (0 closed; it opens to negative values)"
    ),
    "door-open-v3": _JOINT.format(
        "door_angle", "doorjoint", "rad", "angle of the door (0 closed; it opens to negative angles)"
    ),
}
"""Made for the classes too, with what only the model shows."""
_ABOUT = (
    "A Sawyer arm with a two-finger gripper reaches over a table and is moved by small steps of its hand; x "
    "points to the right, y away from the robot, z up. {} Where things and goal are is drawn anew in every "
    "episode. An episode lasts 200 control steps of 0.0125 s."
)
_ACTIONS = (
    "Actions are steps of the hand along x, y and z (1 asks for 0.01 m) and, last, the closing of the "
    "gripper (1 closes, -1 opens)."
)
_NATIVE = "Meta-World's own dense reward, from 0 to 10; it jumps to 10 at success, so it contains the goal"
_REACH = """\
def compute_reward(tcp_pos, goal_pos):
    distance = torch.norm(goal_pos - tcp_pos, dim=-1)
    near = 1.0 - torch.tanh(5.0 * distance)
    return near, {"near": near}
"""
_BRING = """\
def compute_reward(tcp_pos, {thing}_pos, goal_pos):
    gap = torch.norm({thing}_pos - tcp_pos, dim=-1)
    distance = torch.norm(goal_pos - {thing}_pos, dim=-1)
    approach = 1.0 - torch.tanh(5.0 * gap)
    bring = 3.0 * (1.0 - torch.tanh(5.0 * distance))
    return approach + bring, {{"approach": approach, "bring": bring}}
"""


def _entry(name: str, reader: str, unit: str, meaning: str, role: str) -> str:
    said = f'meaning: "{meaning}", role: {role}, low: 0, high: 0'
    return f"  {name}: {{{reader}, unit: {unit}, frame: world, {said}}}\n"


def _signals(row: Row, own: bool) -> str:
    hand = "body: hand" if own else "slice: [0, 3]"
    speed = "body: hand, quantity: linvel" if own else 'function: "metaworld.py:tcp_vel", shape: [3]'
    mean = "" if own else ", mean of the last control step"
    text = _entry("tcp_pos", hand, "m", "hand of the arm, between the fingers", "effector")
    text += _entry("tcp_vel", speed, "m/s", f"velocity of the hand{mean}", "effector")
    text += _entry("gripper_opening", "slice: [3, 4]", '"1"', "from 0 (closed) to 1 (open)", "gripper")
    things = [(row.thing, row.meaning, 4, "object_vel")]
    things += [(*row.second, 11, "second_vel")] if row.second else []
    for name, meaning, at, function in things:
        text += _entry(f"{name}_pos", f"slice: [{at}, {at + 3}]", "m", meaning, "object")
        reader = f'function: "metaworld.py:{function}", shape: [3]'
        text += _entry(f"{name}_vel", reader, "m/s", "its velocity, mean of the last control step", "object")
    if own:
        text += OWN_CLASSES[row.name]
    return text + _entry("goal_pos", "slice: [36, 39]", "m", "the goal of this episode", "goal")


def table(row: Row, own: bool) -> str:
    """The text of a task file; ``own`` for Meta-World's classes."""
    suite = "metaworld" if own else "envpool"
    camel = "".join(part.capitalize() for part in row.name[:-3].split("-")) + "-v3"
    environment = row.name if own else f"MetaWorld/{camel}"
    packages = "metaworld, gymnasium, mujoco, numpy" if own else "envpool, numpy"
    about = textwrap.fill(_ABOUT.format(row.text), 98, initial_indent="  ", subsequent_indent="  ")
    reward = _BRING.format(thing=row.thing) if row.simple else ""
    if row.name.startswith("reach-"):
        reward = _REACH
    steps = 2_000_000 if row.difficulty == "hard" else 800_000
    return (
        f"format: 1\nname: {suite}-{row.name}\nbackend: {suite}\nenvironment: {environment}\n"
        f"packages: [{packages}]\npython: suite:{suite}\n"
        + ("" if own else "arguments: {partially_observable: false}\n")
        + f"group: meta-world\ndifficulty: {row.difficulty}\n"
        f"description: >\n{about}\n"
        f"success_rule: {row.rule}, at any step of the episode\nsuccess: {{info: success}}\nlatched: true\n"
        "horizon: 200\ncontrol_dt: 0.0125\naction_size: 4\n"
        f"facts:\n  - {_ACTIONS}\n"
        f"signals:\n{_signals(row, own)}"
        f"native:\n  says: {_NATIVE}\n"
        + (f"human_reward: |\n{textwrap.indent(reward, '  ')}" if reward else "")
        + f"presets:\n  population: {{envs: 64, slots: 2, env_steps: {steps}}}\n"
        "most_envs: 128\n"
    )


def with_bounds(text: str, before: str) -> str:
    """Keep what was measured for signals that a file has already."""
    known = {
        line.partition(":")[0]: found[0] for line in before.splitlines() if (found := BOUNDS.search(line))
    }
    lines = [
        BOUNDS.sub(known.get(line.partition(":")[0], r"\g<0>"), line) if BOUNDS.search(line) else line
        for line in text.splitlines()
    ]
    return "\n".join(lines) + "\n"


def write(path: Path, text: str) -> None:
    """Write a file anew, but for its bounds."""
    before = path.read_text(encoding="utf-8") if path.is_file() else ""
    path.write_text(with_bounds(text, before), encoding="utf-8")


def main() -> None:
    """Write all of them."""
    for row in ROWS:
        write(TABLES / "envpool" / f"{row.name}.yaml", table(row, False))
        if row.name in OWN_CLASSES:
            write(TABLES / "metaworld" / f"{row.name}.yaml", table(row, True))


if __name__ == "__main__":
    main()
