from __future__ import annotations

from importlib.metadata import metadata

import pytest

from rewardsmith.cli import doctor


def test_every_extra_of_the_package_is_looked_at():
    assert set(doctor.EXTRAS) == set(metadata("rewardsmith").get_all("Provides-Extra") or ()) - {"dev"}


def test_an_extra_that_is_missing_is_named_and_no_fault(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(doctor, "EXTRAS", {"here": ("json",), "away": ("there_is_no_such_module",)})
    finding = doctor._try("extras", doctor._extras)
    assert finding.ok
    assert finding.detail == "here; not installed: away (pip install 'rewardsmith[away]')"


def test_an_extra_that_is_broken_is_a_fault(monkeypatch: pytest.MonkeyPatch, tmp_path):
    (tmp_path / "broken_extra.py").write_text("raise ImportError('no shared library')", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(doctor, "EXTRAS", {"broken": ("broken_extra",)})
    finding = doctor._try("extras", doctor._extras)
    assert not finding.ok
    assert "no shared library" in finding.detail
