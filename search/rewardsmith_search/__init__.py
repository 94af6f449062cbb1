"""Search strategies: pure decisions, no files, no language model, no clock."""
