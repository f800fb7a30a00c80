"""Puts the thirteen checks on the deployment that the settings describe."""

from mainstay.assembly.checklist.opening import open_checklist

__all__ = ["open_checklist"]
