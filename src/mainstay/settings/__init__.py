"""Settings: every name Mainstay reads, and the one reader of the environment."""

from mainstay.settings.environment import environment, overlaid
from mainstay.settings.loading import SettingsFault, faults, load, notes
from mainstay.settings.model import Settings

__all__ = [
    "Settings",
    "SettingsFault",
    "environment",
    "faults",
    "load",
    "notes",
    "overlaid",
]
