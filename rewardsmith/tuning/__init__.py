"""Other numbers for a reward program: found in its text, proposed by an optimiser, trained."""
