"""The one place that builds adapters from settings and starts roles."""

from mainstay.assembly.running import Running, run
from mainstay.assembly.storage import migrate, open_store

__all__ = ["Running", "migrate", "open_store", "run"]
