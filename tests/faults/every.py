"""Everything that a server of chat completions may do wrong, by name.

For single tests, and at random for a soak.
"""

from __future__ import annotations

from collections.abc import Mapping

from tests.faults.fault import Fault
from tests.faults.refusals import errors, redirects, waits
from tests.faults.replies import bodies, counts, letters
from tests.faults.transport import transport
from tests.servers import GOOD


def faults(key: str, elsewhere: str = "http://127.0.0.1:9") -> Mapping[str, Fault]:
    """All of them.

    Args:
        key: Of the client; some servers show it.
        elsewhere: Where redirects point to.
    """
    return {
        **letters(key),
        **bodies(),
        **transport(),
        **counts(),
        **waits(),
        **errors(key),
        **redirects(elsewhere),
    }


def text(marker: str) -> str:
    """A good reply that can be told from all others."""
    return f"{marker}. {GOOD}"
