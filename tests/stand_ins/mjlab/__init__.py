"""mjlab 1.6.0, as far as an adapter sees it."""
