"""Settings: every name Mainstay reads, and the one reader of the environment."""

from mainstay.settings.environment import Unreadable, environment, of_file, overlaid
from mainstay.settings.loading import SettingsFault, faults, load, load_without, notes
from mainstay.settings.managed import ManagedSecret
from mainstay.settings.model import Settings

__all__ = [
    "ManagedSecret",
    "Settings",
    "SettingsFault",
    "Unreadable",
    "environment",
    "faults",
    "load",
    "load_without",
    "notes",
    "of_file",
    "overlaid",
]
