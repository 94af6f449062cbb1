"""Where a total may have become no number: operations of the program whose argument nothing bounds.

A hint for who wrote it, read off the compiled program; it never names what is guarded already.
"""

from __future__ import annotations

import re

import torch

from rewardsmith.reward.guard.graph import inlined, is_tensor
from rewardsmith.reward.program import RewardProgram

_BOUNDING = {
    "clamp",
    "clamp_min",
    "clamp_max",
    "maximum",
    "minimum",
    "nan_to_num",
    "sigmoid",
    "tanh",
    "where",
}
_LIFTING = _BOUNDING | {"add", "exp", "cosh", "softplus"}
"""What the author may have kept above 0 already."""
_LOWERING = _BOUNDING | {"neg"}
_DIVISION = "A divisor may be 0 there: divide by x + 1e-6."
_ANGLE = "Rounding takes its argument out of [-1, 1]: clamp it to -1 + 1e-6 and 1 - 1e-6."
_LOG = "Its argument may be 0 or less: take log(x + 1e-6) of what is not negative."
_ROOT = "Its argument may be less than 0, or 0 below a fraction: clamp it from below with 1e-6."
_EXP = "Its argument may be large: clamp it from above, such as max=10.0."
_ADVICE = {
    "NaN": {
        "div": (1, _LIFTING, _DIVISION), "acos": (0, _BOUNDING, _ANGLE), "asin": (0, _BOUNDING, _ANGLE),
        "log": (0, _LIFTING, _LOG), "log2": (0, _LIFTING, _LOG), "log10": (0, _LIFTING, _LOG),
        "log1p": (0, _LIFTING, _LOG), "sqrt": (0, _LIFTING | {"square", "sum"}, _ROOT),
        "rsqrt": (0, _LIFTING, _ROOT), "exp": (0, _LOWERING, _EXP),
    },
    "infinite": {
        "exp": (0, _LOWERING, _EXP), "expm1": (0, _LOWERING, _EXP), "cosh": (0, _BOUNDING, _EXP),
        "sinh": (0, _BOUNDING, _EXP), "div": (1, _LIFTING, _DIVISION), "reciprocal": (0, _LIFTING, _DIVISION),
        "rsqrt": (0, _LIFTING, _ROOT), "log": (0, _LIFTING, _LOG),
    },
}  # fmt: skip
_OTHERWISE = "Bound the terms that grow without end, such as with tanh or clamp."


def advice(program: RewardProgram, kind: str) -> tuple[str, int | None]:
    """What may help against a total that is ``NaN`` or ``infinite``.

    Returns:
        A hint, and the line of the program that it is about where there is one.
    """
    nodes: list[torch._C.Node] = []
    graph = inlined(program.function)
    blocks: list[torch._C.Graph | torch._C.Block] = [graph]
    while blocks:
        for node in blocks.pop().nodes():
            nodes.append(node)
            blocks += list(node.blocks())
    for name, (place, guards, hint) in _ADVICE[kind].items():
        for node in (node for node in nodes if node.kind() == f"aten::{name}"):
            argument = list(node.inputs())[place]
            if is_tensor(argument) and argument.node().kind().split("::")[-1] not in guards:
                line = re.search(r"line (\d+)", str(node.sourceRange()))
                return hint, int(line.group(1)) if line else None
    return _OTHERWISE, None
