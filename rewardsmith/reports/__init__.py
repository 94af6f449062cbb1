"""Reports: pure functions from a study to what a person wants to know, shared by every front end."""
