"""Seeds for every purpose, disjoint by construction: each is a hash of what it is for."""

from __future__ import annotations

import hashlib
from functools import lru_cache


@lru_cache(maxsize=1024, typed=True)
def derive(*purpose: str | int) -> int:
    """A 63-bit seed for one purpose.

    Two different purposes give unrelated seeds, so training, exploration, held-out episodes and
    writers never share a random stream, whatever the study's seed.

    Args:
        purpose: What the seed is for, such as ``derive("training", study_seed, candidate)``.
    """
    text = "/".join(f"{type(part).__name__}:{part}" for part in ("rewardsmith", *purpose))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1
