"""Training: policies against programs, and their true score."""
