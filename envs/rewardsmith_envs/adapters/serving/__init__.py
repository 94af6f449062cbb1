"""What runs in a suite's own interpreter: Python 3.8 syntax, numpy, the suite, nothing of ours."""
