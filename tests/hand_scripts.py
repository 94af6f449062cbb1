"""Scripted motions for tasks of two Shadow hands: postures at given steps, and straight lines
between them.

They look at the start of an episode only, and show that the goals can be met with the actions there
are. The numbers of the grips were found by search."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import pairwise

import torch
from torch import Tensor

from rewardsmith_envs.engine import SimulatedEnv
from rewardsmith_envs.simulators.cpu import CpuSimulator
from rewardsmith_envs.tasks.two_hands import TwoHandTask

Start = Mapping[str, list[float]]
"""Positions at the start of one episode by signal."""
Script = Callable[[str, Start], list[tuple[int, Tensor]]]
"""From ``right`` or ``left`` and the start to the postures of
that hand and when it must have them."""

FLAT = (0.0, 0.0, 0.0, 0.0, 0.0)
"""Joints of the thumb, J4 to J0 [rad]."""
BASE_TO_PALM_M = 0.307


def posture(
    x: float = 0.0,
    y: float = 0.0,
    z: float = 0.0,
    *,
    roll: float = 0.0,
    pitch: float = 0.0,
    yaw: float = 0.0,
    curl: float = 0.0,
    thumb: tuple[float, ...] = FLAT,
    bend: float = 0.0,
) -> Tensor:
    """The controls of one hand, ``(26,)``: where its base is [m, rad], how far
    its fingers are closed, thumb and wrist [rad]."""
    angle = curl * math.pi / 2
    finger = (0.0, angle, angle)
    return torch.tensor(
        (x, y, z, roll, pitch, yaw, 0.0, bend, *finger * 3, 0.0, *finger, *thumb), dtype=torch.float64
    )


def play(task: TwoHandTask, script: Script, count: int) -> Tensor:
    """One episode of each of ``count`` environments; whether it met the
    goal before it ended, ``(count,)`` bool."""
    sim = CpuSimulator(task.scene, count, task.decimation, 1)
    env = SimulatedEnv(task, sim)
    env.reset(torch.arange(count))
    low, high = sim.control_range
    points = [signal.name for signal in task.signals if signal.unit == "m" and signal.shape == (3,)]
    start = {name: sim["sensordata"][:, sim.sensor(name)] for name in points}
    rows = [{name: value[row].tolist() for name, value in start.items()} for row in range(count)]
    plans = [[script(side, row) for side in ("right", "left")] for row in rows]
    met, over = torch.zeros(count, dtype=torch.bool), torch.zeros(count, dtype=torch.bool)
    for step in range(task.horizon):
        controls = torch.stack([torch.cat([_at(keys, step) for keys in plan]) for plan in plans])
        result = env.step((2.0 * (controls - low) / (high - low) - 1.0).float())
        met |= result.success & ~over
        over |= result.terminated
    return met


def _at(keys: list[tuple[int, Tensor]], step: int) -> Tensor:
    for (begin, first), (end, second) in pairwise(keys):
        if step <= end:
            return torch.lerp(first, second, max(step - begin, 0) / (end - begin))
    return keys[-1][1]


def grasp_and_place(side: str, start: Start) -> list[tuple[int, Tensor]]:
    """The right hand closes round the block from above, lifts it and carries it to the bucket."""
    if side == "left":
        return [(0, posture())]
    palm, block, bucket = start["right_palm_pos"], start["block_pos"], start["bucket_handle_pos"]
    x, y = block[0] - 0.027 - palm[0], block[1] - 0.013 - palm[1]
    z = block[2] + 0.043 - palm[2] + BASE_TO_PALM_M * math.sin(0.081)
    ready = {"pitch": 0.081, "bend": -0.071, "curl": 0.25, "thumb": (0.615, 0.0, -0.018, 0.0, 0.0)}
    grip = ready | {"curl": 0.872, "thumb": (0.615, 1.155, -0.018, -0.062, 0.285)}
    keys = [
        (0, posture()),
        (15, posture(x, y, **ready)),
        (35, posture(x, y, z, **ready)),
        (60, posture(x, y, z, **grip)),
    ]
    keys.append((110, posture(x, y, z + 0.2, **grip)))
    return [*keys, (260, posture(bucket[0] - 0.027 - palm[0], bucket[1] - palm[1], z + 0.2, **grip))]


def block_stack(side: str, start: Start) -> list[tuple[int, Tensor]]:
    """Both hands close round their blocks and lift them; the right one puts its block
    down and goes, the left one sets its own on top."""
    mirror = 1.0 if side == "left" else -1.0
    palm, cube, goal = start[f"{side}_palm_pos"], start[f"{side}_cube_pos"], start[f"{side}_goal_pos"]
    x, y = cube[0] - 0.031 - palm[0], cube[1] + mirror * 0.005 - palm[1]
    z = cube[2] + 0.031 - palm[2] + BASE_TO_PALM_M * math.sin(0.043)
    to_x, to_y = goal[0] - 0.031 - palm[0], goal[1] + mirror * 0.005 - palm[1]
    ready = {"pitch": 0.043, "bend": -0.164, "curl": 0.25, "thumb": (0.747, 0.0, -0.137, 0.0, 0.0)}
    grip = ready | {"curl": 0.938, "thumb": (0.747, 1.2, -0.137, 0.011, 0.362)}
    keys = [
        (0, posture()),
        (15, posture(x, y, **ready)),
        (35, posture(x, y, z, **ready)),
        (60, posture(x, y, z, **grip)),
    ]
    keys.append((90, posture(x, y, z + 0.07, **grip)))
    if side == "right":
        keys += [
            (120, posture(to_x, to_y, z + 0.07, **grip)),
            (135, posture(to_x, to_y, z, **grip)),
            (145, posture(to_x, to_y, z, **ready)),
        ]
        return [*keys, (160, posture(to_x - 0.05, to_y - 0.03, z + 0.05, **ready))]
    keys += [(160, posture(x, y, z + 0.07, **grip)), (200, posture(to_x, to_y, z + 0.08, **grip))]
    return [*keys, (225, posture(to_x, to_y, z + 0.05, **grip))]


def kettle(side: str, start: Start) -> list[tuple[int, Tensor]]:
    """The right hand grips the handle, lifts the kettle, carries it to the bucket and tilts it."""
    if side == "left":
        return [(0, posture())]
    palm, handle = start["right_palm_pos"], start["kettle_handle_pos"]
    x, y, z = handle[0] - 0.0445 - palm[0], handle[1] - palm[1], handle[2] - 0.0176 - palm[2]
    grip = {"curl": 1.0, "thumb": (1.0, 0.924, -0.032, 0.5, 0.773)}
    keys = [
        (0, posture()),
        (20, posture(x, y, z)),
        (40, posture(x, y, z, **grip)),
        (65, posture(x, y, z + 0.12, **grip)),
    ]
    return [*keys, (105, posture(x - 0.01, y + 0.156, z + 0.194, roll=-0.62, **grip))]


def swing_cup(side: str, start: Start) -> list[tuple[int, Tensor]]:
    """The right hand pushes its handle forwards with the fingertips, the left
    hand hooks its handle and pulls it back."""
    mirror = 1.0 if side == "left" else -1.0
    palm, handle, cup = start[f"{side}_palm_pos"], start[f"{side}_handle_pos"], start["cup_pos"]
    offset = (-0.06, 0.035) if side == "left" else (-0.14, 0.0)
    curl = 0.5 if side == "left" else 0.0
    x, y = handle[0] + offset[0] - palm[0], handle[1] + mirror * offset[1] - palm[1]
    aside = 0.03 if side == "left" else 0.0
    keys = [(0, posture()), (25, posture(x, y + aside, curl=0.0)), (35, posture(x, y, curl=curl))]
    radius, angle = (
        math.hypot(handle[0] - cup[0], handle[1] - cup[1]),
        math.atan2(handle[1] - cup[1], handle[0] - cup[0]),
    )
    for n in range(1, 11):
        turn = 0.15 * n
        yaw = min(0.4 * turn, 0.55)
        across = mirror * offset[1]
        reach, sine, cosine = offset[0] + BASE_TO_PALM_M, math.sin(yaw), 1.0 - math.cos(yaw)
        to_x = (
            x
            + radius * (math.cos(angle + turn) - math.cos(angle))
            - offset[0] * cosine
            - across * sine
            + BASE_TO_PALM_M * cosine
        )
        to_y = (
            y
            + radius * (math.sin(angle + turn) - math.sin(angle))
            + (reach - 2 * BASE_TO_PALM_M) * sine
            - across * cosine
        )
        keys.append((45 + 9 * n, posture(to_x, to_y, yaw=yaw, curl=curl)))
    return keys


def door(side: str, start: Start) -> list[tuple[int, Tensor]]:
    """Each hand puts its fingers behind the bar of its handle, hooks
    them and follows the arc of the handle."""
    mirror = 1.0 if side == "left" else -1.0
    palm, handle = start[f"{side}_palm_pos"], start[f"{side}_handle_pos"]
    ahead, aside = handle[0], mirror * handle[1]
    x, y = ahead - 0.07 - palm[0], aside + 0.036 - mirror * palm[1]
    keys = [(0, posture(0.0, mirror * y)), (15, posture(0.0, mirror * y)), (45, posture(x, mirror * y))]
    keys.append((60, posture(x, mirror * y, curl=0.85)))
    radius, angle = math.hypot(ahead, aside - 0.5), math.atan2(aside - 0.5, ahead)
    for n in range(11):
        turn = 0.11 * n
        to_x = x + radius * (math.cos(angle - turn) - math.cos(angle))
        to_y = y + radius * (math.sin(angle - turn) - math.sin(angle))
        keys.append(
            (75 + 12 * n, posture(to_x, mirror * to_y, yaw=-mirror * min(0.55 * turn, 0.6), curl=0.85))
        )
    return keys
