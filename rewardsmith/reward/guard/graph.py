"""Layer 5: a positive list on the compiled program itself, with every helper inlined.

What passes ends soon and changes nothing: no loop, no Python operator, no operator that writes to
an argument, draws random numbers or makes a tensor larger than its inputs ask for, and a bounded
number of operators. It does not rely on the layers before it. The graph is only read: constant
propagation would run it.
"""

from __future__ import annotations

import re

import torch

from rewardsmith.reward.guard.refusal import RefusedError

MAX_NODES = 2_000
MAX_WIDTH = 64
"""Largest literal size of a new tensor's axis."""
_PRIM = """
    Constant ListConstruct TupleConstruct DictConstruct If NumToTensor dtype device layout
    unchecked_cast Uninitialized TupleUnpack TupleIndex ListUnpack min max abs
"""
_ATEN = """
    add sub mul div rsub neg abs exp exp2 expm1 log log2 log10 log1p sqrt rsqrt square pow tanh
    sigmoid relu sin cos tan asin acos atan atan2 sinh cosh trunc frac deg2rad rad2deg gelu
    heaviside floor_divide sign floor ceil round erf reciprocal hypot lerp fmod remainder softplus
    norm linalg_vector_norm sum mean prod std var softmax logsumexp min max amin amax any all dot
    cross linalg_cross bmm cosine_similarity pairwise_distance clamp clamp_min clamp_max minimum
    maximum where nan_to_num isfinite isnan isinf isclose logical_and logical_or logical_xor
    logical_not eq ne lt le gt ge bitwise_and bitwise_or bitwise_xor bitwise_not
    asinh acosh atanh erfc sinc logit copysign logaddexp xlogy sgn signbit positive fmax fmin addcmul
    addcdiv masked_fill log_sigmoid log_softmax linalg_vecdot mm mv matmul inner outer einsum
    nansum nanmean median count_nonzero argmin argmax sort cumsum cumprod diff flip
    hstack vstack column_stack unflatten ravel permute mT numpy_T diagonal broadcast_to repeat tile
    index_select
    stack cat squeeze unsqueeze unbind split chunk view reshape flatten transpose expand expand_as
    slice select size zeros_like ones_like full_like zeros ones full tensor to type_as detach clone
    contiguous alias
    __and__ __or__ __xor__ __not__ __is__ __isnot__ __getitem__
    Float Int Bool floordiv len dim degrees radians
"""
_ALLOWED = {f"prim::{name}" for name in _PRIM.split()} | {f"aten::{name}" for name in _ATEN.split()}
_SIZED = {
    "aten::zeros": 0, "aten::ones": 0, "aten::full": 0,
    "aten::expand": 1, "aten::broadcast_to": 1, "aten::repeat": 1, "aten::tile": 1,
}  # fmt: skip
"""Operators that are told a size, and which of their inputs it is."""
_MAKES_LISTS = {
    "prim::ListConstruct",
    "prim::Constant",
    "aten::size",
    "aten::unbind",
    "aten::split",
    "aten::chunk",
}
_DIVIDES = {"aten::remainder", "aten::floordiv"}
_TO_NUMBER = {
    "aten::Float",
    "aten::Int",
    "aten::Bool",
    "aten::FloatImplicit",
    "aten::IntImplicit",
    "aten::ScalarImplicit",
    "aten::item",
}
_MAKES = "zeros ones full tensor to zeros_like ones_like full_like sum mean prod softmax"
_PLACES = {"prim::dtype", "prim::device", "prim::layout"}
_TAKES_PLACES = {f"aten::{name}" for name in _MAKES.split()}
"""Operators that only make their results where, or as what, another tensor is."""
_RESULT = "Tuple[Tensor, Dict[str, Tensor]]"


def check_graph(function: torch.ScriptFunction) -> None:
    """Refuse a compiled program that holds any operator beyond the list.

    Raises:
        RefusedError: Naming the operator.
    """
    (result,) = (str(value.type()) for value in function.graph.outputs())
    if result != _RESULT:
        raise RefusedError("graph", f"the program returns {result[:80]}.", "Return total, {...}.")
    graph = inlined(function)  # its blocks are gone with it
    count, blocks = 0, [graph]
    while blocks:
        for node in blocks.pop().nodes():
            count += 1
            if count > MAX_NODES:
                raise RefusedError(
                    "graph", f"the compiled program has more than {MAX_NODES} operations.", "Use fewer terms."
                )
            _check_node(node)
            blocks += list(node.blocks())


def inlined(function: torch.ScriptFunction) -> torch._C.Graph:
    """A copy of the function's graph with its helpers written out in place."""
    graph = function.graph.copy()
    torch._C._jit_pass_inline(graph)
    return graph


def _check_node(node: torch._C.Node) -> None:
    kind = node.kind()
    name = kind.split("::")[-1]
    if kind in _TO_NUMBER and is_tensor(next(node.inputs())):
        raise refused_at(
            node,
            "a tensor is used as a condition or as a single number.",
            "Use torch.where(condition, a, b), &, | and ~.",
        )
    if kind not in _ALLOWED:
        raise refused_at(node, f"the operation {name} is not allowed.", "Use elementary tensor arithmetic.")
    if kind in _PLACES:
        for user in (use.user for use in node.output().uses()):
            if user.kind() not in _TAKES_PLACES:
                hint = (
                    f"It must do the same on every machine: hand x.{name} to torch.zeros and the like, "
                    "no more."
                )
                raise refused_at(user, f"the program looks at the {name} of its tensors.", hint)
    if kind in _DIVIDES and not _is_safe_division(*node.inputs()):
        raise refused_at(
            node,
            f"{name} of whole numbers may divide by zero.",
            "Divide by a plain number, or compute on tensors.",
        )
    if kind in _SIZED and not _is_bounded(list(node.inputs())[_SIZED[kind]]):
        raise refused_at(
            node,
            f"{name} makes a tensor of a free size.",
            "Give it the size of a signal, or use zeros_like or ones_like of one.",
        )
    if kind not in _MAKES_LISTS and any(value.type().kind() == "ListType" for value in node.outputs()):
        raise refused_at(
            node, f"{name} makes a new list.", "Lists are only for torch.stack and torch.cat, written out."
        )
    schema = node.schema()
    if schema and schema != "(no schema)":
        for argument in torch._C.parse_schema(schema).arguments:
            if argument.alias_info is not None and argument.alias_info.is_write:
                raise refused_at(
                    node,
                    f"the operation {name} writes into its input.",
                    "Keep its result in a new name instead.",
                )


def refused_at(node: torch._C.Node, message: str, hint: str) -> RefusedError:
    """This layer's refusal of one operation, with its line."""
    place = re.search(r"line (\d+)", str(node.sourceRange()))
    return RefusedError("graph", message, hint, int(place.group(1)) if place else None)


def is_tensor(value: torch._C.Value) -> bool:
    """Whether the compiler knows it as a tensor."""
    return value.type().isSubtypeOf(torch._C.TensorType.get())


def _is_safe_division(value: torch._C.Value, divisor: torch._C.Value) -> bool:
    """Whole numbers divided by 0 or by -1 can kill the process (SIGFPE).

    TorchScript hands them to the processor unchecked.
    """
    if any(is_tensor(number) or number.type().kind() == "FloatType" for number in (value, divisor)):
        return True
    return (
        divisor.node().kind() == "prim::Constant"
        and divisor.type().kind() == "IntType"
        and divisor.node().i("value") > 0
    )


def _is_bounded(sizes: torch._C.Value) -> bool:
    """Whether every axis is another tensor's or a small literal."""
    source = sizes.node()
    if source.kind() == "aten::size":
        return True
    return source.kind() == "prim::ListConstruct" and all(
        _is_bounded_axis(axis.node()) for axis in source.inputs()
    )


def _is_bounded_axis(source: torch._C.Node) -> bool:
    if source.kind() == "prim::Constant":
        return source.hasAttribute("value") and -1 <= source.i("value") <= MAX_WIDTH
    if source.kind() in ("aten::__getitem__", "prim::ListUnpack"):
        source = next(source.inputs()).node()
    return source.kind() in ("aten::size", "aten::len")
