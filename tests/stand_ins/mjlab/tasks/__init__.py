"""Importing this fills the registry."""

from mjlab.tasks import registry

registry.KNOWN["Stand-In-Disk"] = True
