"""Paths of Vertex AI; its answers are those of the Messages API.

Source: https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude.
"""

import re
from urllib.parse import unquote

from mainstay.simulator.clouds.request import Path

_PATH = re.compile(
    r"(?:/v1)?/projects/[^/]+/locations/[^/]+/publishers/anthropic/models/"
    r"([^/:]+):(rawPredict|streamRawPredict)"
)

TOKEN_PATH = "/token"  # noqa: S105 - a path
TOKEN = b'{"access_token": "ya29.stand-in", "expires_in": 3600, "token_type": "Bearer"}'
"""What the stand-in for Google's OAuth 2.0 server gives to anybody."""


def path_of(path: str) -> Path | None:
    """Return what a path of Vertex' says, None for another."""
    found = _PATH.fullmatch(path)
    if found is None:
        return None
    return Path("vertex", unquote(found[1]), found[2] == "streamRawPredict")
