"""Simulators, robots and tasks of rewardsmith."""

from pathlib import Path

ASSETS = Path(__file__).parent / "assets"
"""Where the scenes are."""
