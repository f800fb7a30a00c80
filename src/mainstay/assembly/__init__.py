"""The one place that builds adapters from settings and starts roles."""

from mainstay.assembly.brokers import init as init_queue
from mainstay.assembly.engines import migrate, open_store, schema_status
from mainstay.assembly.running import Running, run

__all__ = ["Running", "init_queue", "migrate", "open_store", "run", "schema_status"]
