"""Hostile and broken programs for franka-reach, each with the layer that must refuse it."""

from __future__ import annotations

from dataclasses import dataclass

from broken_values import VALUES
from hostile_code import ESCAPES, FILES, GLOBAL_STATE, LOAD_TIME, TAMPERING
from hostile_resources import RESOURCE_LAYERS, RESOURCES
from leaking_programs import LEAKS
from leaking_programs import program as leaking
from text_tricks import TEXT


@dataclass(frozen=True)
class Hostile:
    """A program that must be refused."""

    kind: str
    name: str
    layer: str
    source: str


_STATIC = {
    "load-time code": LOAD_TIME,
    "escape": ESCAPES,
    "files": FILES,
    "tampering": TAMPERING,
    "global state": GLOBAL_STATE,
}

HOSTILE: tuple[Hostile, ...] = (
    *(
        Hostile(kind, name, "syntax", source)
        for kind, programs in _STATIC.items()
        for name, source in programs.items()
    ),
    *(
        Hostile("resources", name, RESOURCE_LAYERS.get(name, "syntax"), source)
        for name, source in RESOURCES.items()
    ),
    *(Hostile("values", name, layer, source) for name, (layer, source) in VALUES.items()),
    *(Hostile("text tricks", name, layer, source) for name, (layer, source) in TEXT.items()),
    *(Hostile("neighbours", name, "graph", source) for name, source in LEAKS.items()),
    Hostile("neighbours", "dtype_as_a_number", "syntax", leaking("r = r * (1.0 + tcp_pos.dtype)")),
)
