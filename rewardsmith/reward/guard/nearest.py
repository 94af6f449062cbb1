"""What to use instead of a function that is not there."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from rewardsmith.reward import prelude
from rewardsmith.reward.guard import vocabulary

_INSTEAD = {
    "conj": "Tensors here are real; the rotation back is quat_conjugate(q).",
    "inverse": "The rotation back is quat_conjugate(q); there are no inverses of matrices.",
    "power": "Use torch.pow(x, y).",
    "array": "Use torch.tensor([...]).",
    "inf": "Use math.inf.",
    "item": "Compute on whole tensors.",
    "t": "Every environment has its own row: torch.sum(a * b, dim=-1) is the dot product.",
    "masked_select": "Use torch.where(condition, a, b).",
    "nonzero": "Use torch.where(condition, a, b).",
    "cdist": "Use torch.norm(a.unsqueeze(2) - b.unsqueeze(1), dim=-1).",
}
_OF_NUMPY = {
    "norm": "linalg.vector_norm(x, dim=-1)", "array": "tensor([...])", "asarray": "tensor([...])",
    "power": "pow(x, y)", "clamp": "clamp(x, low, high)", "dot": "sum(x * y, dim=-1)",
}  # fmt: skip
"""Those that torch has under another name, or where more than ``(x)`` is to be written."""
NUMPY = frozenset({"np", "numpy"})
_RANDOM = ("rand", "normal", "bernoulli", "dropout", "multinomial", "seed")
_TURNS = ("dist", "diff", "angle", "error")
_MODULES = {"softplus": "torch.nn.functional", "gelu": "torch.nn.functional"}


def instead_of_attribute(name: str) -> str:
    """A hint for ``torch.NAME`` or ``x.NAME``."""
    if name in _INSTEAD:
        return _INSTEAD[name]
    if any(part in name for part in _RANDOM):
        return "Leave out everything random."
    near = _nearest(name, vocabulary.FUNCTIONS)
    owner = _MODULES.get(near, "torch")
    return f"The nearest that is: {owner}.{near}." if near else "Use elementary torch functions."


def instead_of_numpy(name: str) -> str:
    """A hint for ``np.NAME(...)``, whichever part of numpy it is of."""
    same = vocabulary.ALIASES.get(name, name)
    if same not in _OF_NUMPY and same not in vocabulary.FUNCTIONS:
        return f"There is no numpy here. {instead_of_attribute(name)}"
    arguments = "(x, dim=-1)" if same in vocabulary.MIXING else "(x)"
    return f"There is no numpy here. Write torch.{_OF_NUMPY.get(same, same + arguments)}."


def instead_of_function(name: str, helpers: Iterable[str]) -> str:
    """A hint for ``NAME(...)``, which nobody defined."""
    known = {helper.name for helper in prelude.HELPERS}
    near = "quat_angle" if "quat" in name and any(part in name for part in _TURNS) else ""
    near = near or _nearest(name, known | set(helpers))
    line = next((helper.line for helper in prelude.HELPERS if helper.name == near), near)
    general = "Use torch functions or define a helper with def."
    if line:
        return f"{general} There is {line}."
    return f"{general} There is torch.{name}." if name in vocabulary.FUNCTIONS else general


def _nearest(name: str, known: Iterable[str]) -> str:
    return next(iter(difflib.get_close_matches(name, sorted(known), 1, 0.7)), "")
