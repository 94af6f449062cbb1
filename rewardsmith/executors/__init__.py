"""Where trainings and scorings happen."""
