"""One seam for every physics engine: tensors named like MuJoCo's fields, ``step``, ``reset``, ``forward``."""
