"""The application, without which nothing else of the package can be imported."""

from types import SimpleNamespace

STARTED = []


class AppLauncher:
    def __init__(self, headless, device):
        assert headless
        STARTED.append(device)
        self.app = SimpleNamespace()
