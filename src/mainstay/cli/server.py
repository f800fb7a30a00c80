"""Where the running server is, and the key that opens it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from mainstay.settings import Settings

Url = Annotated[
    str | None,
    typer.Option(
        "--url",
        help="Address of the server. [default: http://127.0.0.1:API_PORT]",
        show_default=False,
    ),
]


def address_of(url: str | None, settings: "Settings", option: str = "--url") -> str:
    """Return the address of a server, the settings' own without one.

    Raises:
        BadParameter: it is no address of HTTP; ``option`` is named.
    """
    from mainstay.settings.forms import base_url

    try:
        return base_url(url or f"http://127.0.0.1:{settings.api_port or 8080}")
    except ValueError as error:
        raise typer.BadParameter(f"{error}.", param_hint=option) from error


def own_key(settings: "Settings") -> str:
    """Return the bootstrap key, or the demo's.

    Raises:
        MainstayError: there is neither.
    """
    from mainstay.cli.demo_key import NAME, read_demo_key
    from mainstay.domain.errors import MainstayError

    if settings.bootstrap_key is not None:
        return settings.bootstrap_key.get_secret_value()
    found = read_demo_key(settings.data)
    if found is None:
        message = (
            f"no key in {Path(settings.data) / NAME}; start a server with: make run, "
            "or give its key with --key"
        )
        raise MainstayError(message)
    return found


async def pause(seconds: float) -> None:
    """Wait in the terminal's own time: no simulated clock reaches this program."""
    import asyncio
    import contextlib

    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await asyncio.get_running_loop().create_future()
