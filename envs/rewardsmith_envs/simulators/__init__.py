"""One seam for physics engines: tensors named as in MuJoCo, ``step``, ``reset``, ``forward``."""
