"""Simulators, robots and tasks of rewardsmith."""
