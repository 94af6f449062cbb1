"""What runs on the device besides mujoco-warp.

Warp takes the types of arguments from the first launch.
"""

from typing import Any

import warp as wp


@wp.kernel(enable_backward=False)
def clear(columns: Any, field: Any) -> None:
    """Zero some columns, one thread per world."""
    world = wp.tid()
    for n in range(columns.shape[0]):
        field[world, columns[n]] = 0.0


@wp.kernel(enable_backward=False)
def watch(
    nacon: Any,
    ncollision: Any,
    nefc: Any,
    overflow: Any,
    room: int,
    own: int,
    peaks: Any,
    lost: Any,
) -> None:
    """Remember the most contacts of all worlds together, complaints, and worlds that alone had one.

    Args:
        nacon: Contacts of all worlds, ``(1,)``.
        ncollision: Near pairs of geoms of all worlds, ``(1,)``.
        nefc: Constraint rows of every world.
        overflow: Complaints of every world.
        room: Constraint rows that one may have.
        own: The complaints that concern one world alone.
        peaks: Contacts and complaints, ``(2,)``.
        lost: 1 for worlds in which something was left out.
    """
    world = wp.tid()
    if world == 0:
        wp.atomic_max(peaks, 0, wp.max(nacon[0], ncollision[0]))
    wp.atomic_or(peaks, 1, overflow[world] & ~own)
    if nefc[world] > room or (overflow[world] & own) != 0:
        lost[world] = 1


@wp.kernel(enable_backward=False)
def lose(lost: Any, qpos: Any) -> None:
    """Make the state of lost worlds non-finite, which ends their episodes."""
    world = wp.tid()
    if lost[world] != 0:
        qpos[world, 0] = wp.nan
