"""What simulated a study: kept when it is made, compared when it goes on, read as input."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import pytest

from rewardsmith.config import StudyConfig
from rewardsmith.contracts import Capabilities
from rewardsmith.errors import StoreError
from rewardsmith.origins import Origin, changed_origin, keep_origin, origin_of, origins
from rewardsmith.study import Study
from tests.native_point import NATIVE_POINT, WORDS, NativePoint


class Later(NativePoint):
    versions: ClassVar[Mapping[str, str]] = {"line": "1.1", "plane": "2"}
    capabilities = Capabilities(repeats="starts", native="another")


@pytest.fixture
def study(tmp_path: Path):
    with Study.create(tmp_path / "s", StudyConfig("franka-reach")) as made:
        yield made


def test_it_is_kept_once_and_again_when_it_changes(study: Study):
    assert origins(study.store) == ()
    assert changed_origin(study.store, NATIVE_POINT) == ""
    for _ in range(2):
        keep_origin(study.store, NATIVE_POINT)
    assert origins(study.store) == (Origin({"line": "1.0"}, "bit", WORDS),)
    assert changed_origin(study.store, NATIVE_POINT) == ""
    keep_origin(study.store, Later())
    assert [origin.text for origin in origins(study.store)] == ["line 1.0", "line 1.1, plane 2"]


def test_a_change_is_told_with_both_versions(study: Study):
    keep_origin(study.store, NATIVE_POINT)
    told = changed_origin(study.store, Later())
    assert "(line 1.0, now 1.1; plane missing, now 2; repeats bit, now starts; its suite's own" in told
    assert "Install the earlier versions, or start a new study" in told


def test_what_is_too_long_is_cut():
    class Long(NativePoint):
        versions: ClassVar[Mapping[str, str]] = {"n" * 300: "v" * 300}
        capabilities = Capabilities(native="w" * 3000)

    assert origin_of(Long()) == Origin({"n" * 200: "v" * 200}, "bit", "w" * 2000)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "3",
        "[1]",
        '[{"versions": {"a": 1}}]',
        '[{"versions": {"a": "' + "x" * 201 + '"}}]',
        '[{"repeats": "always"}]',
        '[{"native": "' + "x" * 2001 + '"}]',
        "[" + ",".join(["{}"] * 101) + "]",
    ],
)
def test_a_forged_one_is_refused_when_the_study_is_opened(text: str, study: Study):
    study.store.put_value("origins", text)
    with pytest.raises(StoreError, match="origins"):
        Study.open(study.folder)
