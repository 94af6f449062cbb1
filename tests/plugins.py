"""Packages with plug-ins, as `pip install` would put them there."""

from __future__ import annotations

from pathlib import Path

import pytest


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, **points: str) -> None:
    """Install a package for this process and its children.

    Args:
        folder: Where it goes.
        monkeypatch: Takes it away again.
        name: Of the package, and of each of its plug-ins.
        points: By group, such as ``trainers``, the plug-in as ``module:object``.
    """
    package = folder / f"{name}-1.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n", encoding="utf-8")
    (package / "entry_points.txt").write_text(
        "".join(f"[rewardsmith.{group}]\n{name} = {point}\n" for group, point in points.items()),
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(folder)
