"""Writes the task files of Meta-World, for EnvPool and for four of its own classes.

``python benchmarks/metaworld_tables.py`` writes files whose bounds are still empty;
``benchmarks/suite_bounds.py`` measures those. What is said here of each task was read in
Meta-World 3.1.1: its ``evaluate_state`` for the rule, ``_get_pos_objects`` for the thing.
"""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import NamedTuple

TABLES = Path(__file__).parents[1] / "envs" / "rewardsmith_envs" / "adapters" / "tables"


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


_NEAR = "{} within {} m of the goal"
ROWS = (
    Row("assembly-v3", "hard", "nut", "centre of the ring of the wrench", "A wrench with a ring lies on the table, and a peg stands upright. Pick the wrench up and put its ring over the peg.", "ring within 0.02 m of the peg's axis and below its top"),
    Row("basketball-v3", "hard", "ball", "centre of the ball", "A ball lies on the table before a basket. Pick the ball up and bring it to the goal in the hoop.", "ball within 0.08 m of the goal, where height counts double"),
    Row("bin-picking-v3", "hard", "object", "centre of the cube", "A cube lies in one of two bins. Pick it up and put it into the other one.", _NEAR.format("cube", "0.05")),
    Row("box-close-v3", "hard", "lid", "centre of the lid", "A lid lies on the table beside an open box. Pick the lid up by its handle and put it on the box.", _NEAR.format("lid", "0.08")),
    Row("button-press-topdown-v3", "easy", "button", "middle of the button", "A button looks up from a box. Press it down from above.", "button within 0.024 m of the goal along z", True),
    Row("button-press-topdown-wall-v3", "medium", "button", "middle of the button", "A button looks up from a box behind a low wall. Press it down from above, without being stopped by the wall.", "button within 0.024 m of the goal along z", True),
    Row("button-press-v3", "easy", "button", "middle of the button", "A button looks out of a box towards the robot. Press it forward into the box.", "button within 0.02 m of the goal along y", True),
    Row("button-press-wall-v3", "medium", "button", "middle of the button", "A button looks out of a box towards the robot, behind a low wall. Go over the wall and press the button forward.", "button within 0.03 m of the goal along y"),
    Row("coffee-button-v3", "easy", "button", "middle of the button", "A coffee machine has a button at its front. Press it.", "button within 0.02 m of the goal along y", True),
    Row("coffee-pull-v3", "medium", "mug", "bottom of the mug", "A mug stands under a coffee machine. Pull it out towards the robot, to the goal on the table.", _NEAR.format("mug", "0.07")),
    Row("coffee-push-v3", "medium", "mug", "bottom of the mug", "A mug stands on the table before a coffee machine. Push it under the machine, to the goal.", _NEAR.format("mug", "0.07")),
    Row("dial-turn-v3", "medium", "dial", "tip of the dial's pointer", "A dial lies on the table. Turn it until its tip is at the goal, half a turn away.", _NEAR.format("tip of the dial", "0.07")),
    Row("disassemble-v3", "hard", "nut", "centre of the ring of the wrench", "The ring of a wrench is around an upright peg. Grasp the wrench and lift it off the peg, higher than the goal.", "ring above the height of the goal, so 0 m below it or less"),
    Row("door-close-v3", "easy", "handle", "handle of the door", "A door of a safe stands open. Push it shut.", _NEAR.format("handle", "0.08"), True),
    Row("door-lock-v3", "medium", "lock", "tip of the lock's lever", "A door has a lock with a lever. Turn the lever downwards to lock the door.", "tip of the lever within 0.02 m of the goal along z"),
    Row("door-open-v3", "medium", "handle", "handle of the door", "A safe has a door that turns about its left side, with a handle. Pull the handle, so that the door turns open.", "handle within 0.08 m of the goal along x", True),
    Row("door-unlock-v3", "medium", "lock", "tip of the lock's lever", "A door has a lock with a lever. Turn the lever to unlock the door.", "tip of the lever within 0.02 m of the goal along x"),
    Row("drawer-close-v3", "easy", "handle", "handle of the drawer", "A drawer stands open towards the robot. Push it shut.", _NEAR.format("handle", "0.055"), True),
    Row("drawer-open-v3", "easy", "handle", "handle of the drawer", "A chest has a drawer with a handle on the side of the robot. Pull the drawer open by its handle.", _NEAR.format("handle", "0.03"), True),
    Row("faucet-close-v3", "medium", "handle", "end of the faucet's handle", "A faucet stands on the table. Turn its handle to the left, to the goal.", _NEAR.format("end of the handle", "0.07"), True),
    Row("faucet-open-v3", "medium", "handle", "end of the faucet's handle", "A faucet stands on the table. Turn its handle to the right, to the goal.", _NEAR.format("end of the handle", "0.07"), True),
    Row("hammer-v3", "hard", "hammer", "centre of the hammer", "A hammer lies on the table, and a nail sticks out of a wooden block. Pick the hammer up and drive the nail into the block.", "nail driven in by more than 0.09 m", second=("nail", "head of the nail")),
    Row("hand-insert-v3", "medium", "object", "centre of the block", "A block lies on the table beside a hole. Put the block into the hole, to the goal below the top of the table.", _NEAR.format("block", "0.05")),
    Row("handle-press-side-v3", "easy", "handle", "end of the handle", "A box has a handle at its side. Press the handle down.", "handle within 0.02 m of the goal along z", True),
    Row("handle-press-v3", "easy", "handle", "end of the handle", "A box has a handle on the side of the robot. Press the handle down.", "handle within 0.02 m of the goal along z", True),
    Row("handle-pull-side-v3", "hard", "handle", "middle of the handle", "A box has a handle at its side, which is down. Pull the handle up.", _NEAR.format("handle", "0.08")),
    Row("handle-pull-v3", "hard", "handle", "right end of the handle", "A box has a handle on the side of the robot, which is down. Pull the handle up.", "handle within 0.05 m of the goal along z"),
    Row("lever-pull-v3", "hard", "lever", "end of the lever", "A lever points towards the robot. Lift its end, so that the lever turns up to where it stands upright.", "lever within 0.131 rad of upright"),
    Row("peg-insert-side-v3", "hard", "peg", "place where the peg is to be grasped", "A peg lies on the table, and a box with a hole in its side stands on the left. Pick the peg up and put its head into the hole.", "head of the peg within 0.07 m of the goal, where y and z count double"),
    Row("peg-unplug-side-v3", "hard", "peg", "end of the peg", "A peg sticks in the side of a box. Pull it out to the right.", _NEAR.format("end of the peg", "0.07")),
    Row("pick-out-of-hole-v3", "hard", "object", "centre of the puck", "A puck lies in a hole. Pick it up and bring it to the goal in the air.", _NEAR.format("puck", "0.07")),
    Row("pick-place-v3", "hard", "puck", "centre of the puck", "A puck lies on the table. Pick it up and bring it to the goal, which is above the table.", _NEAR.format("puck", "0.07")),
    Row("pick-place-wall-v3", "hard", "puck", "centre of the puck", "A puck lies on the table before a low wall. Pick it up, lift it over the wall and bring it to the goal behind.", _NEAR.format("puck", "0.07")),
    Row("plate-slide-back-side-v3", "medium", "plate", "centre of the plate", "A plate lies in a cabinet on the left. Slide it out of the cabinet to the right, to the goal.", _NEAR.format("plate", "0.07")),
    Row("plate-slide-back-v3", "medium", "plate", "centre of the plate", "A plate lies in a cabinet. Slide it out towards the robot, to the goal.", _NEAR.format("plate", "0.07")),
    Row("plate-slide-side-v3", "medium", "plate", "centre of the plate", "A plate lies on the table, with a cabinet to its left. Slide the plate into the cabinet, to the goal.", _NEAR.format("plate", "0.07"), True),
    Row("plate-slide-v3", "medium", "plate", "centre of the plate", "A plate lies on the table before a cabinet. Slide the plate forward into the cabinet, to the goal.", _NEAR.format("plate", "0.07"), True),
    Row("push-back-v3", "medium", "puck", "centre of the puck", "A puck lies on the table. Bring it back towards the robot, to the goal on the table.", _NEAR.format("puck", "0.07")),
    Row("push-v3", "medium", "puck", "centre of the puck", "A puck lies on the table. Push it away from the robot, to the goal on the table.", _NEAR.format("puck", "0.05"), True),
    Row("push-wall-v3", "hard", "puck", "centre of the puck", "A puck lies on the table before a low wall. Bring it around the wall, to the goal behind.", _NEAR.format("puck", "0.07")),
    Row("reach-v3", "easy", "puck", "centre of a puck that plays no part", "Bring the gripper to the goal, which is above the table. A puck lies on the table and plays no part.", _NEAR.format("middle of the fingers", "0.05")),
    Row("reach-wall-v3", "easy", "puck", "centre of a puck that plays no part", "Bring the gripper over a low wall to the goal behind it. A puck lies on the table and plays no part.", _NEAR.format("middle of the fingers", "0.05")),
    Row("shelf-place-v3", "hard", "object", "centre of the block", "A block lies on the table before a shelf. Pick it up and put it on the shelf, to the goal.", _NEAR.format("block", "0.07")),
    Row("soccer-v3", "medium", "ball", "centre of the ball", "A ball lies on the table before a goal like that of football. Push the ball into the middle of it.", "ball within 0.07 m of the goal, where x counts three times"),
    Row("stick-pull-v3", "hard", "stick", "centre of the stick", "A stick lies on the table, and a container with an opening in its handle stands to its right. Pick the stick up, put its end into the opening and pull the container to the goal.", "handle of the container within 0.12 m of the goal with the stick in it", second=("container", "opening in the handle of the container")),
    Row("stick-push-v3", "hard", "stick", "centre of the stick", "A stick lies on the table, and a container stands to its right. Pick the stick up and push the container with it to the right, to the goal.", "container within 0.12 m of the goal with the stick grasped and lifted", second=("container", "handle of the container")),
    Row("sweep-into-v3", "medium", "object", "centre of the block", "A block lies on the table before a hole. Sweep it into the hole, to the goal.", _NEAR.format("block", "0.05"), True),
    Row("sweep-v3", "medium", "object", "centre of the block", "A block lies on the table. Sweep it to the right until it falls off the table at the goal.", _NEAR.format("block", "0.05")),
    Row("window-close-v3", "easy", "handle", "handle of the window", "A window that slides sideways stands open. Push its handle to the left, so that it closes.", "handle within 0.05 m of the goal along x", True),
    Row("window-open-v3", "easy", "handle", "handle of the window", "A window that slides sideways is closed. Push its handle to the right, so that it opens.", "handle within 0.05 m of the goal along x", True),
)  # fmt: skip
OWN_CLASSES = {
    "push-v3": '  puck_quat: {body: obj, quantity: quat, unit: quat, frame: world, meaning: "orientation of the '
    'puck, w first", role: object, low: -1, high: 1}\n',
    "reach-v3": "",
    "drawer-open-v3": "  drawer_opening: {joint: goal_slidey, unit: m, frame: joint, meaning: slide of the "
    "drawer (0 closed; it opens to negative values), role: object, low: 0, high: 0}\n",
    "door-open-v3": "  door_angle: {joint: doorjoint, unit: rad, frame: joint, meaning: angle of the door (0 "
    "closed; it opens to negative angles), role: object, low: 0, high: 0}\n",
}
"""Made for the classes too, with what only the model shows."""
_ABOUT = (
    "A Sawyer arm with a two-finger gripper reaches over a table and is moved by small steps of its hand; x "
    "points to the right, y away from the robot, z up. {} Where things and goal are is drawn anew in every "
    "episode. An episode lasts 200 control steps of 0.0125 s."
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
    indented = {"initial_indent": "  ", "subsequent_indent": "  "}
    reward = _REACH if row.name.startswith("reach-v") else _BRING.format(thing=row.thing) if row.simple else ""
    return (
        f"format: 1\nname: {suite}-{row.name}\nbackend: {suite}\nenvironment: {environment}\n"
        f"packages: [{packages}]\npython: suite:{suite}\n"
        + ("" if own else "arguments: {partially_observable: false}\n")
        + f"group: meta-world\ndifficulty: {row.difficulty}\n"
        f"description: >\n{textwrap.fill(_ABOUT.format(row.text), 98, **indented)}\n"
        f"success_rule: {row.rule}, at any step of the episode\nsuccess: {{info: success}}\nlatched: true\n"
        "horizon: 200\ncontrol_dt: 0.0125\naction_size: 4\nfacts:\n  - Actions are steps of the hand along x, y "
        "and z (1 asks for 0.01 m) and, last, the closing of the gripper (1 closes, -1 opens).\n"
        f"signals:\n{_signals(row, own)}"
        f"native:\n  says: {_NATIVE}\n"
        + (f"human_reward: |\n{textwrap.indent(reward, '  ')}" if reward else "")
        + f"presets:\n  population: {{envs: 64, slots: 2, env_steps: {800_000 if row.difficulty != 'hard' else 2_000_000}}}\n"
        f"most_envs: {256 if own else 512}\n"
    )


def main() -> None:
    """Write all of them."""
    for row in ROWS:
        (TABLES / "envpool" / f"{row.name}.yaml").write_text(table(row, False), encoding="utf-8")
        if row.name in OWN_CLASSES:
            (TABLES / "metaworld" / f"{row.name}.yaml").write_text(table(row, True), encoding="utf-8")


if __name__ == "__main__":
    main()
