"""What numbers of a record may be: a study may be somebody else's."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

Count = Annotated[int, Field(ge=0, le=10**15)]
Number = Annotated[float, Field(ge=-1e100, le=1e100, allow_inf_nan=False)]
Amount = Annotated[float, Field(ge=0, le=1e100, allow_inf_nan=False)]
Seed = Annotated[int, Field(ge=0, lt=2**63)]
MANY, EPOCHS = 1_000, 100_000
"""Entries of a list, and values of a curve, at most."""
POLICY_BYTES, EPISODES_BYTES = 256_000_000, 64_000_000
"""Of a run's files, at most."""
