"""The page of documentation names exactly the functions and helpers that there are."""

from __future__ import annotations

import re
from pathlib import Path

import torch

from rewardsmith.reward import prelude
from rewardsmith.reward.guard import vocabulary

PAGE = Path(__file__).parents[3] / "docs" / "what-a-reward-may-use.md"


def part(name: str) -> str:
    text = PAGE.read_text(encoding="utf-8")
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- end of {name} -->", text, re.DOTALL)
    assert found
    return found[1]


def test_all_functions_are_named():
    named = set(re.findall(r"\w+", part("functions").replace("`", " ")))
    assert named == set(vocabulary.FUNCTIONS - vocabulary.ALIASES.keys())


def test_all_helpers_are_named():
    assert part("helpers") == "".join(f"- `{h.name}{h.signature}`: {h.meaning}\n" for h in prelude.HELPERS)


def test_methods_that_tensors_do_not_have_are_known():
    """TorchScript takes some functions for methods that are none in Python."""
    elsewhere = {"fabs", "degrees", "radians", "vector_norm", "cross", "normalize", "pairwise_distance"}
    elsewhere |= {"cosine_similarity", "stack", "cat", "full", "ones", "zeros", "tensor", "where"}
    missing = {name for name in vocabulary.FUNCTIONS if not hasattr(torch.Tensor, name)}
    known = vocabulary.NO_METHODS | elsewhere | {"concat", "concatenate"}
    assert missing <= known, missing - known
    assert not {name for name in vocabulary.NO_METHODS if hasattr(torch.Tensor, name)}
