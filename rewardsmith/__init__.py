"""rewardsmith searches for reward functions."""
