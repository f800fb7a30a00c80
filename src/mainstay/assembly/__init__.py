"""The one place that builds adapters from settings and starts roles."""

from mainstay.assembly.brokers import init as init_queue
from mainstay.assembly.engines import migrate, open_store, schema_status
from mainstay.assembly.parts import Running
from mainstay.assembly.running import run
from mainstay.assembly.siblings import run_gateways
from mainstay.assembly.tool_service import run_tools

__all__ = [
    "Running",
    "init_queue",
    "migrate",
    "open_store",
    "run",
    "run_gateways",
    "run_tools",
    "schema_status",
]
