"""Fixtures that several of these files share."""

from __future__ import annotations

import pytest

from rewardsmith.config import LanguageModelOptions
from tests.asking import KEY


@pytest.fixture
def options(monkeypatch: pytest.MonkeyPatch) -> LanguageModelOptions:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    return LanguageModelOptions(model="m", pause_s=0.01, timeout_s=5.0)
