"""Layer 5: a positive list on the compiled program itself, with every helper inlined.

No loop, no Python operator, no operator that writes to an argument, a bounded number of operators: what
passes ends soon and changes nothing. The graph is only read: constant propagation would run it.
"""

from __future__ import annotations

import torch

from rewardsmith.reward.guard.refusal import Refused

MAX_NODES = 1_500
_PRIM = """
    Constant ListConstruct TupleConstruct DictConstruct If NumToTensor dtype device layout unchecked_cast Uninitialized
    TupleUnpack ListUnpack min max abs
"""
_ATEN = """
    add sub mul div rsub neg abs exp expm1 log log1p sqrt rsqrt square pow tanh sigmoid relu sin cos tan asin acos atan atan2
    sinh cosh norm linalg_vector_norm clamp clamp_min clamp_max clip minimum maximum min max amin amax sum mean prod where
    zeros_like ones_like full_like sign floor ceil round dot cross linalg_cross stack cat logical_and logical_or logical_not
    isfinite isnan nan_to_num softplus to type_as size len squeeze unsqueeze any all erf reciprocal hypot cosine_similarity
    lerp fmod remainder eq ne lt le gt ge slice select __and__ __or__ __getitem__ bitwise_and bitwise_or bitwise_not __not__
    __is__ __isnot__ Float Int Bool FloatImplicit floordiv dim ones_like negative
"""
_ALLOWED = {f"prim::{name}" for name in _PRIM.split()} | {f"aten::{name}" for name in _ATEN.split()}


def check_graph(function: torch.ScriptFunction) -> None:
    """Refuse a compiled program that holds any operator beyond the list.

    Raises:
        Refused: Naming the operator.
    """
    graph = function.graph.copy()
    torch._C._jit_pass_inline(graph)
    count, blocks = 0, [graph]
    while blocks:
        for node in blocks.pop().nodes():
            count += 1
            _check_node(node)
            blocks += list(node.blocks())
        if count > MAX_NODES:
            raise Refused("graph", f"the compiled program has more than {MAX_NODES} operations.", "Use fewer terms.")


def _check_node(node: torch._C.Node) -> None:
    kind = node.kind()
    name = kind.split("::")[-1]
    if kind not in _ALLOWED:
        raise Refused("graph", f"the operation {name} is not allowed.", "Use elementary tensor arithmetic.")
    schema = node.schema()
    if schema and schema != "(no schema)":
        for argument in torch._C.parse_schema(schema).arguments:
            if argument.alias_info is not None and argument.alias_info.is_write:
                raise Refused("graph", f"the operation {name} writes into its input.", "Keep its result in a new name instead.")
