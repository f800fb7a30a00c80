"""What a log line belongs to: carried along by the task, read by monitoring.

Each is set where the work begins and reaches all that is done for it, also in tasks
and threads that ``asyncio`` starts with the context of their maker.
"""

from contextvars import ContextVar

REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")
"""The HTTP request that is answered; "" outside of one."""

TURN_ID: ContextVar[str] = ContextVar("turn_id", default="")
"""The turn that is worked on; "" outside of one."""

SPAN: ContextVar[tuple[str, str]] = ContextVar("span", default=("", ""))
"""Trace and span id in lower-case hex (W3C Trace Context); "" where none is kept."""
