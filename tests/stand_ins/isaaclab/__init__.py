"""Isaac Lab 2.3 and 3.0, as far as an adapter sees them."""
