"""Hand-written controllers for the Franka tasks: from signals ``(n, ...)`` to actions ``(n, k)``,
without memory.

Each is a few rules, the later ones overriding the earlier. They show that the goal can be met with
the actions there are."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

STEP_M = 0.06
"""What action 1 commands."""
Signals = Mapping[str, Tensor]


def up(metres: float) -> Tensor:
    return torch.tensor([0.0, 0.0, metres])


def go(signals: Signals, target: Tensor, gain: float = 0.7) -> Tensor:
    return (target - signals["tcp_pos"]) / STEP_M * gain


def apart(a: Tensor, b: Tensor) -> Tensor:
    return (a - b).norm(dim=1, keepdim=True)


def grasp(signals: Signals, point: Tensor, reach_m: float, width_m: float) -> tuple[Tensor, Tensor, Tensor]:
    """Go over a point, down to it, and close: where to go, where the
    fingers are around it, and where they hold it."""
    tcp = signals["tcp_pos"]
    target = torch.where(apart(point[:, :2], tcp[:, :2]) < 0.012, point, point + up(0.08))
    around = apart(point, tcp) < reach_m
    return target, around, around & (signals["finger_opening"][:, None] < width_m)


def with_grip(planar: Tensor, closed: Tensor) -> Tensor:
    return torch.cat((planar, torch.where(closed, -1.0, 1.0)), dim=1)


def reach(signals: Signals) -> Tensor:
    return go(signals, signals["goal_pos"], 1.0)


def button(signals: Signals) -> Tensor:
    tcp, point = signals["tcp_pos"], signals["button_pos"]
    return go(
        signals, torch.where(apart(tcp[:, :2], point[:, :2]) < 0.015, point + up(-0.04), point + up(0.05))
    )


def push(signals: Signals) -> Tensor:
    """Go round to the far side of the cube, then push it along the line to the goal."""
    tcp, cube, goal = signals["tcp_pos"], signals["cube_pos"], signals["goal_pos"]
    way = (goal - cube)[:, :2]
    distance = way.norm(dim=1, keepdim=True)
    direction = way / (distance + 1e-6)
    side = torch.stack((-direction[:, 1], direction[:, 0]), dim=1)
    offset = tcp[:, :2] - cube[:, :2]
    along, across = (offset * direction).sum(1, keepdim=True), (offset * side).sum(1, keepdim=True)
    behind = (along < -0.03) & (across.abs() < 0.02)
    turn = torch.where(across >= 0, 1.0, -1.0)
    detour = cube[:, :2] - 0.07 * direction + side * turn * torch.where(along > -0.045, 0.09, 0.0)
    target = torch.where(behind, cube[:, :2] + 0.04 * direction, detour)
    target = torch.where(distance < 0.015, tcp[:, :2], target)
    planar = (target - tcp[:, :2]) / STEP_M * 0.7
    height = (0.03 - tcp[:, 2:]) / STEP_M
    return torch.cat((planar, height), dim=1)


def lift(signals: Signals) -> Tensor:
    tcp = signals["tcp_pos"]
    target, around, held = grasp(signals, signals["cube_pos"], 0.02, 0.03)
    target = torch.where(held, tcp + up(0.05), target)
    return with_grip(go(signals, torch.where(held & (tcp[:, 2:] > 0.22), tcp, target)), around)


def pick_place(signals: Signals) -> Tensor:
    cube = signals["cube_pos"]
    target, around, held = grasp(signals, cube, 0.02, 0.03)
    return with_grip(
        go(signals, torch.where(held, signals["tcp_pos"] + signals["goal_pos"] - cube, target)), around
    )


def peg(signals: Signals) -> Tensor:
    """Hover low over the hole, enter it slowly so that the peg does
    not tilt on its rim, then go down."""
    offset = signals["peg_tip_pos"] - signals["hole_pos"]
    side, height = offset[:, :2].norm(dim=1, keepdim=True), offset[:, 2:]
    inside = (side < 0.01) & (height < -0.003)
    down = torch.where(inside, -0.05, torch.where(side < 0.002, -0.02, 0.006 - height))
    return go(signals, signals["tcp_pos"] + torch.cat((-1.5 * offset[:, :2], down), dim=1).clamp(-0.05, 0.05))


def stack(signals: Signals) -> Tensor:
    """Straight up, sideways over the other cube, down, let go, away."""
    tcp, cube, place = signals["tcp_pos"], signals["cube_pos"], signals["lower_cube_pos"] + up(0.05)
    side = apart(cube[:, :2], place[:, :2])
    target, around, held = grasp(signals, cube, 0.02, 0.03)
    way = place - cube + torch.where(side < 0.012, up(-0.001), up(0.04))
    way[:, :2] *= ((side < 0.012) | (way[:, 2:] < 0.03)).float()
    target = torch.where(held, tcp + way.clamp(-0.05, 0.05), target)
    placed = (side < 0.02) & ((cube - place)[:, 2:].abs() < 0.004)
    leave = torch.where(signals["finger_opening"][:, None] > 0.03, place + up(0.15), tcp)
    return with_grip(go(signals, torch.where(placed, leave, target)), around & ~placed)


def drawer(signals: Signals) -> Tensor:
    """Over the gap behind the bar, down into it, and back."""
    behind = signals["handle_pos"] + torch.tensor([0.041, 0.0, -0.01])
    offset = signals["tcp_pos"] - behind
    aim = torch.where(offset[:, :2].norm(dim=1, keepdim=True) < 0.018, behind, behind + up(0.12))
    hooked = (offset[:, :1].abs() < 0.045) & (offset[:, 1:2].abs() < 0.05) & (offset[:, 2:] < 0.016)
    pull = torch.cat(
        (-torch.ones_like(offset[:, :1]), -offset[:, 1:2] / STEP_M, -offset[:, 2:] / STEP_M - 0.3), dim=1
    )
    return torch.where(hooked, pull, go(signals, aim))


def door(signals: Signals) -> Tensor:
    """Up before the lever, over its end, down with it, then forward until the door is open."""
    tcp, handle, opening = signals["tcp_pos"], signals["handle_pos"], signals["door_angle"][:, None]
    low = tcp[:, 2:] < handle[:, 2:] + 0.03
    before, over, down = torch.tensor([-0.1, 0.0, 0.08]), up(0.05), up(-0.1)
    above = apart(tcp[:, :2], handle[:, :2]) < 0.025
    target = handle + torch.where(above, down, torch.where(low, before, over))
    target = torch.where(
        signals["handle_angle"][:, None] > 0.7, tcp + torch.tensor([0.06, 0.0, -0.06]), target
    )
    target = torch.where(opening > 0.04, tcp + torch.tensor([0.06, 0.0, 0.0]), target)
    return go(signals, torch.where(opening > 0.45, tcp, target), 1.0)
