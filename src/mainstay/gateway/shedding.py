"""Turns requests away while there is too much to do: reads first, watchers never."""

from starlette.types import ASGIApp, Receive, Scope, Send

from mainstay.gateway.load import Kind, Load
from mainstay.gateway.problems import render

NEVER = (
    *("/health", "/metrics", "/openapi.json", "/v1/admin"),
    *("/v1/approvals", "/v1/escalations"),
)
"""Who watches, mends or answers instead gets in when it matters most."""


class Shedding:
    """Counts the requests in work, and refuses those that are too much.

    It decides about reads, streams and new conversations before anything is done for
    them. A message is decided about when its keys are known (``accept.py``): one that
    is stored already must get its ids again. The human side is never refused.

    Args:
        app: what answers.
        load: what there is to do.
    """

    def __init__(self, app: ASGIApp, load: Load) -> None:
        self._app = app
        self._load = load

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["path"].startswith(NEVER):
            await self._app(scope, receive, send)
            return
        kind = _kind(scope)
        cause = None if kind is None else self._load.pressure(kind)
        if kind is not None and cause is not None:
            problem = self._load.shed(kind, cause)
            await render(problem, scope)(scope, receive, send)
        elif scope["path"].endswith("/events"):
            await self._app(scope, receive, send)
        else:
            await self._worked_on(scope, receive, send)

    async def _worked_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._load.enter()
        try:
            await self._app(scope, receive, send)
        finally:
            self._load.leave()


def _kind(scope: Scope) -> Kind | None:
    if scope["method"] in ("GET", "HEAD"):
        return "read"
    return "open" if scope["path"] == "/v1/conversations" else None
