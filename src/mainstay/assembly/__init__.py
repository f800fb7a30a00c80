"""The one place that builds adapters from settings and starts roles.

What runs the tool service, and many gateways on one port, is in modules of their own:
signed tokens alone take 8 MB, which no other process needs.
"""

from mainstay.assembly.brokers import init as init_queue
from mainstay.assembly.engines import migrate, open_store, schema_status
from mainstay.assembly.parts import Running
from mainstay.assembly.running import run

__all__ = [
    "Running",
    "init_queue",
    "migrate",
    "open_store",
    "run",
    "schema_status",
]
