"""Quaternions, w first, in batches."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def conjugate(quat: Tensor) -> Tensor:
    """The inverse of unit quaternions ``(..., 4)``."""
    import torch

    return torch.cat((quat[..., :1], -quat[..., 1:]), dim=-1)


def multiply(first: Tensor, second: Tensor) -> Tensor:
    """Hamilton products, ``(..., 4)``: the turn ``second``, then ``first``, about fixed axes."""
    import torch

    a, v = first[..., :1], first[..., 1:]
    b, w = second[..., :1], second[..., 1:]
    scalar = a * b - (v * w).sum(dim=-1, keepdim=True)
    return torch.cat((scalar, a * w + b * v + torch.linalg.cross(v, w)), dim=-1)


def about(axis: int, angle: Tensor) -> Tensor:
    """Turns about x (0), y (1) or z (2) by ``angle`` [rad], ``(n,)`` to ``(n, 4)``."""
    quat = angle.new_zeros(len(angle), 4)
    quat[:, 0], quat[:, 1 + axis] = (angle / 2).cos(), (angle / 2).sin()
    return quat


def rotation_error(quat: Tensor, goal: Tensor) -> Tensor:
    """Angle between two orientations, ``(..., 4)`` each to ``(...,)`` [rad].

    As Isaac Gym's hands measure it: ``2 asin(min(|vector part of quat * conjugate(goal)|, 1))``.
    """
    return 2.0 * multiply(quat, conjugate(goal))[..., 1:].norm(dim=-1).clamp(max=1.0).asin()
