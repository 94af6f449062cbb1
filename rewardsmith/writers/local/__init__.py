"""The writer that runs a model file in this process."""
