"""The lines that the log writes, by structlog."""

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger


def logger_of(lowest: int, *, as_json: bool, stream: TextIO) -> "FilteringBoundLogger":
    """Return what writes a line an event; nothing global is configured.

    Args:
        lowest: the lowest level that is written.
        as_json: JSON lines, else readable ones.
        stream: where to.
    """
    with _absent("rich"):
        import structlog

    render: Callable[..., Any] = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(colors=stream.isatty())
    )
    return structlog.wrap_logger(
        structlog.WriteLogger(stream),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(lowest),
        cache_logger_on_first_use=True,
    )


@contextmanager
def _absent(package: str) -> Generator[None]:
    """Let nobody find a package meanwhile, unless it is loaded already.

    structlog loads rich for tracebacks, which are never written here: 3.6 MB less in
    every process.
    """
    if package in sys.modules:
        yield
        return
    sys.modules[package] = None  # pyright: ignore[reportArgumentType]
    try:
        yield
    finally:
        del sys.modules[package]
