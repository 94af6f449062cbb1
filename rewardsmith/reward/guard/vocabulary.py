"""The words of the reward language: every function, method, attribute and keyword that may appear."""

from __future__ import annotations

_ELEMENTWISE = """
    abs exp expm1 log log1p sqrt rsqrt square pow tanh sigmoid relu softplus sin cos tan asin acos atan atan2 sinh cosh
    arcsin arccos arctan arctan2 sign floor ceil round erf reciprocal neg negative hypot lerp fmod remainder
    clamp clip clamp_min clamp_max minimum maximum where nan_to_num isfinite isnan
    eq ne lt le gt ge logical_and logical_or logical_not add sub mul div
"""
_REDUCTIONS = "norm vector_norm sum mean prod min max amin amax any all dot cross cosine_similarity"
_SHAPES = "stack cat squeeze unsqueeze zeros_like ones_like full_like size dim to type_as float bool select"

FUNCTIONS = frozenset((_ELEMENTWISE + _REDUCTIONS + " " + _SHAPES).split())
"""Functions under ``torch`` and methods of tensors."""
NAMESPACES = frozenset({"linalg", "nn", "functional", "special"})
"""Attributes that only lead to functions."""
ATTRIBUTES = frozenset({"shape", "dtype", "device", "float32", "float", "pi", "Tensor"})
"""Attributes that are values."""
BUILTINS = frozenset({"abs", "min", "max", "float", "int", "len"})
"""Plain names that may be called, beside the program's own helpers."""
KEYWORDS = frozenset(
    """dim p ord keepdim min max beta nan posinf neginf dtype device other input weight end eps exponent value threshold""".split()
)
TYPES = frozenset({"Tensor", "torch.Tensor", "float", "int", "bool"})
"""Annotations of helper functions; those of compute_reward are replaced."""
ROOTS = frozenset({"torch", "math"})
"""Modules that may stand before a dot."""
INTERNAL_NAMES = frozenset({"torch", "math", "Tensor", "Tuple", "Dict", "List", "Optional", "F"})
"""Names that a program may not assign."""
