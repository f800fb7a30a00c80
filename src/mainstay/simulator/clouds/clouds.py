"""Serves the clouds' routes by the Messages API's own calls."""

from collections.abc import Mapping
from typing import Any

from mainstay.simulator.call import Calls
from mainstay.simulator.clouds import bedrock, vertex
from mainstay.simulator.clouds.request import (
    Path,
    credential_of,
    replayed,
    translated,
    version_of,
)
from mainstay.simulator.options import Options
from mainstay.simulator.wire import Receive, Send, headers_of, read_body, respond


class Clouds:
    """Bedrock and Vertex in front of the same model, faults, script and log.

    Args:
        calls: answers them.
        options: for the largest body.
    """

    def __init__(self, calls: Calls, options: Options) -> None:
        self._calls = calls
        self._options = options

    async def serve(
        self, scope: Mapping[str, Any], receive: Receive, send: Send
    ) -> bool:
        """Answer a request if it is a cloud's; return whether it was."""
        if scope["method"] != "POST":
            return False
        if scope["path"] == vertex.TOKEN_PATH:
            await read_body(receive, self._options.max_body_bytes)
            await respond(send, 200, vertex.TOKEN)
            return True
        path = bedrock.path_of(scope["path"]) or vertex.path_of(scope["path"])
        if path is None:
            return False
        await self._call(path, headers_of(scope), receive, send)
        return True

    async def _call(
        self, path: Path, headers: Mapping[str, str], receive: Receive, send: Send
    ) -> None:
        body = await read_body(receive, self._options.max_body_bytes)
        told = {
            "content-type": "application/json",
            "x-api-key": credential_of(headers),
            "anthropic-version": version_of(body),
        }
        answer = bedrock.BedrockAnswer(send) if path.cloud == "bedrock" else send
        await self._calls.create(
            told, replayed(translated(body, path), receive), answer
        )
