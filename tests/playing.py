"""A strategy and how far it is: it is asked as the runner asks it."""

from rewardsmith.testing.playing import Player

__all__ = ["Player"]
