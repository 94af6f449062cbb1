"""Studies as an enemy would send them.

Every one is made from an honest study by changing rows, files or links.
"""

from __future__ import annotations

from tests.hostile.forged_databases import DATABASES
from tests.hostile.forged_links import LINKS
from tests.hostile.forged_policies import POLICIES
from tests.hostile.forged_programs import PROGRAMS
from tests.hostile.forged_records import EVENTS, IDS, RECORDS, RUNS
from tests.hostile.forged_texts import CONFIGS, SECRETS, SHOWN
from tests.hostile.old_forgeries import OLD

FORGERIES = [
    *PROGRAMS,
    *LINKS,
    *IDS,
    *RUNS,
    *EVENTS,
    *SECRETS,
    *SHOWN,
    *CONFIGS,
    *DATABASES,
    *RECORDS,
    *POLICIES,
    *OLD,
]
