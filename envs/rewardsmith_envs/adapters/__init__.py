"""Other people's environments as tasks: a task file says which, and where its signals are read."""
