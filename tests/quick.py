"""Which of many alike tests are quick ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

_PARAM = type(pytest.param())


def first_is_quick(parameters: Sequence[Any]) -> list[Any]:
    """Parameters of which ``make test`` tries the first, and ``make test-slow`` the others.

    Args:
        parameters: One each, a tuple where a test has several, or what ``pytest.param`` makes.
    """
    return [parameters[0], *map(_slow, parameters[1:])]


def _slow(parameter: Any) -> Any:
    if isinstance(parameter, _PARAM):
        return pytest.param(*parameter.values, marks=[*parameter.marks, pytest.mark.slow], id=parameter.id)
    return pytest.param(
        *(parameter if isinstance(parameter, tuple) else (parameter,)), marks=pytest.mark.slow
    )
