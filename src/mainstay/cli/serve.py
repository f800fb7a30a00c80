"""``mainstay serve``: the layers, alone or together."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from mainstay.assembly import Running
    from mainstay.settings import Settings


class Layer(StrEnum):
    """What one process serves."""

    ALL = "all"
    GATEWAY = "gateway"
    WORKER = "worker"
    TOOLS = "tools"


_ROLES = {
    Layer.ALL: frozenset({"gateway", "worker"}),
    Layer.GATEWAY: frozenset({"gateway"}),
    Layer.WORKER: frozenset({"worker"}),
    Layer.TOOLS: frozenset({"tools"}),
}


def serve(
    layer: Annotated[Layer, typer.Argument(help="What to serve.")],
    agent: Annotated[
        str | None,
        typer.Option(
            help="The agent, as pkg.module:agent or path/to/file.py:agent. "
            "[default: MAINSTAY_AGENT]",
            show_default=False,
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65535,
            show_default=False,
            help="Port; 0 takes any free one. "
            "[default: API_PORT, 8080; of a worker or tools OPS_PORT, 0]",
        ),
    ] = None,
    host: Annotated[
        str | None,
        typer.Option(
            help="Where to listen. [default: 127.0.0.1; 0.0.0.0 in production]",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Serve layers until SIGTERM, which drains: open turns end or are handed back."""
    import sys

    from mainstay.settings import environment, load, notes, overlaid
    from mainstay.settings.loading import STARTING

    roles = _ROLES[layer]
    port_name = "API_PORT" if "gateway" in roles else "OPS_PORT"
    given = {port_name: port, "MAINSTAY_AGENT": agent}
    chosen = {name: value for name, value in given.items() if value is not None}
    env = overlaid(environment(), chosen)
    # A tool service needs neither a database nor a model.
    needs = frozenset[str]() if layer is Layer.TOOLS else STARTING
    settings = load(env, needs=needs).model_copy(update={"host": host})
    _require(settings, roles)
    for note in notes(env):
        print(f"mainstay: note: {note}", file=sys.stderr)
    _run(settings, layer)


def _run(settings: "Settings", layer: Layer) -> None:
    count = settings.gateway_processes if layer is Layer.GATEWAY else 1
    if layer is Layer.TOOLS:
        from mainstay.assembly.tool_service import run_tools

        run_tools(settings, _ready)
    elif count > 1:
        from mainstay.assembly.siblings import run_gateways

        run_gateways(settings, count, _ready)
    else:
        from mainstay.assembly import run

        run(settings, _ROLES[layer], _ready)


def _require(settings: "Settings", roles: frozenset[str]) -> None:
    """Refuse to start what could only fail later.

    Raises:
        MainstayError: no agent in production, or no model for a worker.
    """
    from mainstay.domain.errors import MainstayError

    if settings.env == "production" and settings.agent is None:
        message = "no agent; name yours with --agent pkg.module:agent or MAINSTAY_AGENT"
        raise MainstayError(message)
    model = settings.anthropic_api_key or settings.anthropic_base_url
    needs_key = "anthropic" in settings.providers
    if "worker" in roles and needs_key and model is None:
        message = (
            "ANTHROPIC_API_KEY not set; set it, point ANTHROPIC_BASE_URL at a server "
            "of the Messages API, or try: mainstay demo"
        )
        raise MainstayError(message)


def _ready(running: "Running") -> None:
    roles = ", ".join(sorted(running.roles))
    print(
        f"mainstay ready: roles {roles} at {running.address} ({running.model_note})",
        flush=True,
    )
