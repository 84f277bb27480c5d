"""A plugin of pytest that gives each of its processes a database server and a broker of its own.

Loaded before the settings are read: ``make test`` starts the services and says in ``TEST_ENVIRONS`` where they are,
one environment for each process. Tests that share nothing cannot disturb one another.
"""

import json
import os

if "TEST_ENVIRONS" in os.environ and (process := os.environ.get("PYTEST_XDIST_WORKER")):
    os.environ.update(json.loads(os.environ["TEST_ENVIRONS"])[int(process.removeprefix("gw"))])
