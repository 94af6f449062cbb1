"""Reports: pure functions from a study to what people want to know, shared by all front ends."""
