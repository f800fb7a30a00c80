"""How much a request may hold."""

from mainstay.simulator.errors import RejectedError
from mainstay.simulator.options import Options
from mainstay.simulator.request import Request

_MAX_BREAKPOINTS = 4


def check_body(size_bytes: int, options: Options) -> None:
    """Refuse a body over 32 MB.

    Source: https://platform.claude.com/docs/en/api/errors#request-size-limits.
    """
    if size_bytes > options.max_body_bytes:
        raise RejectedError(
            "Request exceeds the maximum allowed number of bytes.", "request_too_large"
        )


def check_window(request: Request, options: Options) -> None:
    """Refuse a prompt over the model's context window.

    Source: https://platform.claude.com/docs/en/build-with-claude/context-windows.
    """
    window = options.windows.get(request.card.id, request.card.window)
    if request.prompt.tokens > window:
        raise RejectedError(
            f"prompt is too long: {request.prompt.tokens} tokens > {window} maximum"
        )


def check_breakpoints(request: Request) -> None:
    """Refuse more than four cache breakpoints.

    Source: https://platform.claude.com/docs/en/build-with-claude/prompt-caching.
    """
    found = sum(piece.ttl_s is not None for piece in request.prompt.pieces)
    found += request.body.get("cache_control") is not None
    if found > _MAX_BREAKPOINTS:
        raise RejectedError(
            f"A maximum of {_MAX_BREAKPOINTS} blocks with cache_control may be "
            f"provided. Found {found}."
        )
