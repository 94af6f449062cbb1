"""The store: one SQLite file per study, the only truth about it."""
