"""What runs on the device besides mujoco-warp. Warp takes the types of arguments from the first launch."""

from typing import Any

import warp as wp


@wp.kernel(enable_backward=False)
def clear(columns: Any, field: Any) -> None:
    """Zero some columns, one thread per world."""
    world = wp.tid()
    for n in range(columns.shape[0]):
        field[world, columns[n]] = 0.0


@wp.kernel(enable_backward=False)
def watch(nacon: Any, ncollision: Any, nefc: Any, overflow: Any, peaks: Any) -> None:
    """Remember the most contacts of all worlds together, the most constraints of one world, and every complaint."""
    world = wp.tid()
    if world == 0:
        wp.atomic_max(peaks, 0, wp.max(nacon[0], ncollision[0]))
    wp.atomic_max(peaks, 1, nefc[world])
    wp.atomic_or(peaks, 2, overflow[world])
