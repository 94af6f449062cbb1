"""Studies as somebody else would send them, with terms that want a secret."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from rewardsmith.comparison import Comparison, ComparisonConfig
from rewardsmith.config import LanguageModelOptions, StudyConfig, TrainingOverrides
from rewardsmith.study import Study
from tests.servers import ChatServer

SECRET = "wJalrXUtnFEMI-K7MDENG-0123456789"
OWN = "sk-own-0123456789abcdef"
TINY = TrainingOverrides(env_steps=1_600, envs=16, rollout=10, hidden=(16,), minibatches=2, mini_epochs=2)


def config(server: ChatServer, **llm: object) -> StudyConfig:
    options = LanguageModelOptions(
        model="m", base_url=server.url, key_variable="AWS_SECRET_ACCESS_KEY", pause_s=0.01
    )
    return StudyConfig(
        "franka-reach",
        writer="openai",
        candidates=2,
        final_seeds=1,
        episodes=8,
        training=TINY,
        llm=replace(options, **llm),  # pyright: ignore[reportArgumentType]
    )


def foreign(folder: Path, made: StudyConfig) -> Path:
    Study.create(folder, made).close()
    return folder


def compared(folder: Path, made: StudyConfig) -> Path:
    Comparison.create(folder, ComparisonConfig(made, ("eureka",), 1))
    return folder


Command = Callable[..., tuple[int, str]]
