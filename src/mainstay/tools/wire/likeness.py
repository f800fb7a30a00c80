"""Tells whether a tool is the same on both sides."""

import json
from collections.abc import Mapping
from typing import Any


def likeness(input_schema: Mapping[str, Any], *, effect: bool) -> str:
    """Return a text that is equal for tools that may stand for each other."""
    return json.dumps([dict(input_schema), effect], sort_keys=True)
