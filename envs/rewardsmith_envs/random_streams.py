"""Counter-based random numbers: one stream per environment, one block per episode.

What an environment draws is a function of its own seed, its own episode number and the position in
the block. Neighbours, resets of others and the size of the batch cannot change it, and nothing
loops over environments. The mixing function is splitmix64's finaliser (Steele, Lea and Flood,
"Fast Splittable Pseudorandom Number Generators", OOPSLA 2014).
"""

from __future__ import annotations

import torch
from torch import Tensor

_GOLDEN = -7046029254386353131  # 0x9E3779B97F4A7C15 as a signed 64-bit number
_STAGGER = 0x5354414747455200
"""Separates the stream of first-episode times from the streams of start states."""
_MIX_1 = -4658895280553007687  # 0xBF58476D1CE4E5B9
_MIX_2 = -7723592293110705685  # 0x94D049BB133111EB


def uniform(seeds: Tensor, episodes: Tensor, count: int) -> Tensor:
    """Draw uniform numbers.

    Args:
        seeds: Stream of each environment, ``(n,)`` int64.
        episodes: Episode number of each environment, ``(n,)`` int64.
        count: Numbers per environment.

    Returns:
        Multiples of 2^-24 in [0, 1), ``(n, count)`` float32.
    """
    block = episode_block(seeds, episodes)
    positions = torch.arange(1, count + 1, device=seeds.device) * _GOLDEN
    bits = mix(block[:, None] + positions)
    return _shift_right(bits, 40).float() * 2.0**-24


def episode_block(seeds: Tensor, episodes: Tensor) -> Tensor:
    """Where the random numbers of an episode begin, ``(n,)`` int64; they hang on nothing else."""
    return mix(mix(seeds) + episodes * _GOLDEN)


def staggered_ages(seeds: Tensor, episodes: Tensor, horizon: int) -> Tensor:
    """Control steps that first episodes are taken to have run already, ``(n,)`` int64."""
    return (uniform(mix(seeds ^ _STAGGER), episodes, 1)[:, 0] * horizon).long()


def mix(x: Tensor) -> Tensor:
    """Scramble int64 values; every bit of the result depends on every bit of ``x``."""
    x = (x ^ _shift_right(x, 30)) * _MIX_1
    x = (x ^ _shift_right(x, 27)) * _MIX_2
    return x ^ _shift_right(x, 31)


def _shift_right(x: Tensor, bits: int) -> Tensor:
    """Logical shift: torch's own copies the sign bit."""
    return (x >> bits) & ((1 << (64 - bits)) - 1)
