"""Running work in other processes."""
