"""The words of the reward language: all functions, methods, attributes and keywords there are."""

from __future__ import annotations

_ELEMENTWISE = """
    abs exp exp2 expm1 log log2 log10 log1p sqrt rsqrt square pow tanh sigmoid relu softplus gelu
    sin cos tan asin acos atan atan2 sinh cosh sign floor ceil round trunc frac erf reciprocal neg
    asinh acosh atanh erfc sinc logit hypot lerp copysign logaddexp xlogy fmod remainder deg2rad rad2deg
    heaviside floor_divide sgn signbit positive fmax fmin addcmul addcdiv masked_fill logsigmoid
    clamp clamp_min clamp_max minimum maximum where nan_to_num isfinite isnan isinf isclose
    eq ne lt le gt ge logical_and logical_or logical_xor logical_not add sub mul div
"""
_REDUCTIONS = """
    norm vector_norm sum mean prod std var min max amin amax any all dot cross cosine_similarity
    pairwise_distance softmax log_softmax logsumexp normalize bmm mm mv matmul inner outer einsum vecdot
    nansum nanmean median count_nonzero argmin argmax sort cumsum cumprod diff flip mse_loss l1_loss
"""
_SHAPES = """
    stack cat hstack vstack column_stack squeeze unsqueeze unbind split chunk view reshape flatten
    unflatten ravel transpose swapaxes swapdims permute diagonal expand expand_as broadcast_to repeat tile
    index_select select size dim zeros_like ones_like full_like zeros ones full tensor
    to type type_as float double int long bool detach clone contiguous
"""
_NUMERIC = "fabs degrees radians"

ALIASES = {
    "absolute": "abs", "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arctan2": "atan2",
    "negative": "neg", "clip": "clamp", "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh",
    "row_stack": "vstack",
    "multiply": "mul", "subtract": "sub", "divide": "div", "true_divide": "div", "concat": "cat",
    "concatenate": "cat",
    "greater": "gt", "less": "lt", "greater_equal": "ge", "less_equal": "le", "not_equal": "ne",
}  # fmt: skip
"""Second names of the same functions, and the ones that are printed."""
ELEMENTWISE = frozenset(_ELEMENTWISE.split())
"""Functions of each number by itself."""
FUNCTIONS = frozenset((_ELEMENTWISE + _REDUCTIONS + _SHAPES + _NUMERIC).split()) | ALIASES.keys()
"""Functions under ``torch`` and ``math`` and methods of tensors."""
_MIXING = """
    sum mean prod std var min max amin amax any all norm vector_norm nansum nanmean median count_nonzero
    argmin argmax
"""
MIXING = frozenset(_MIXING.split())
"""Reductions that take all environments together when no axis is named."""
_MATH = """
    acos acosh asin asinh atan atan2 atanh ceil copysign cos cosh degrees erf erfc exp exp2 expm1 fabs floor
    fmod hypot isfinite isinf isnan log log10 log1p log2 pow radians remainder sin sinh sqrt tan tanh trunc
"""
MATH = frozenset(_MATH.split())
"""Functions under ``math``."""
NO_METHODS = frozenset(
    {
        "full_like", "ones_like", "zeros_like", "gelu", "softplus", "logsigmoid", "einsum",
        "hstack", "vstack", "row_stack", "column_stack", "vecdot", "mse_loss", "l1_loss",
    }
)  # fmt: skip
"""TorchScript takes these for methods, too; tensors do not have them."""
CREATION = frozenset({"tensor", "zeros", "ones", "full"})
_VIEWS = """
    contiguous detach view reshape flatten unflatten ravel transpose swapaxes swapdims permute diagonal
    expand expand_as broadcast_to select squeeze unsqueeze unbind split chunk to type type_as float double
    int long bool positive einsum
"""
VIEWS = frozenset(_VIEWS.split())
"""Functions whose result may lie in the memory of their first argument, or be that very tensor."""
REPEATING = frozenset({"expand", "expand_as", "broadcast_to"})
"""Those of them where one number of the memory stands at several places."""
DTYPES = frozenset({"float", "double", "int", "long", "bool", "float32", "float64", "int32", "int64"})
"""Attributes of torch that are types; the first ones are methods of tensors, too."""
NAMESPACES = frozenset({"linalg", "nn", "functional"})
"""Attributes that only lead to functions."""
ATTRIBUTES = frozenset(
    {
        "shape", "dtype", "device", "values", "indices", "ndim", "T", "mT",
        "pi", "Tensor", "float32", "float64", "int32", "int64",
    }
)  # fmt: skip
"""Attributes that are values."""
BUILTINS = frozenset({"abs", "min", "max", "float", "int", "len"})
"""Plain names that may be called, beside the program's own helpers."""
_KEYWORDS = """
    dim axis p ord keepdim keepdims min max beta nan posinf neginf dtype device other input weight
    end eps exponent value threshold size fill_value correction unbiased start_dim end_dim
    rtol atol tensors x1 x2 mat2 dim0 dim1 dim2 dims offset decimals alpha descending stable mask vec2
    source index sizes repeats shape axis0 axis1 tensor1 tensor2 target reduction n x y
    """
KEYWORDS = frozenset(_KEYWORDS.split())
TYPES = frozenset({"Tensor", "torch.Tensor", "float", "int", "bool"})
"""Annotations of a helper's parameters; those of compute_reward are replaced."""
IMPORTS = frozenset({"torch", "torch.nn", "torch.nn.functional", "math", "typing", "__future__"})
"""Modules whose import means nothing here."""
MODULES = frozenset({"torch", "math", "F"})
"""Modules that may stand before a dot."""
OWNERS = MODULES | {"torch.linalg", "torch.nn.functional"}
"""What stands before a function's name where it is not a tensor."""
PATHS = OWNERS | {"torch.nn"}
TYPE_NAMES = frozenset({"Tensor", "Tuple", "Dict", "List", "Optional"})
INTERNAL_NAMES = MODULES | TYPE_NAMES | {"Ellipsis", "NoneType"}
"""Names that a program may not define; the last two are no names to TorchScript."""
