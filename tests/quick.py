"""Which of many alike tests are quick ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest


def first_is_quick(parameters: Sequence[Any]) -> list[Any]:
    """Parameters of which ``make test`` tries the first, and ``make test-slow`` the others.

    Args:
        parameters: One each, or a tuple where a test has several.
    """
    slow = [value if isinstance(value, tuple) else (value,) for value in parameters[1:]]
    return [parameters[0], *(pytest.param(*value, marks=pytest.mark.slow) for value in slow)]
