"""What the writer is told about a training."""
