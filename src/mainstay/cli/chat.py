"""``mainstay chat``: a conversation with a running server."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mainstay.cli.options import AsJson, Data

if TYPE_CHECKING:
    from mainstay.settings import Settings

DEMO_CUSTOMER = "cust_demo"
"""Any will do: in the sample shop every customer has an order 1042 of their own."""


def chat(
    url: Annotated[
        str | None,
        typer.Option(
            help="Address of the server. [default: http://127.0.0.1:API_PORT]",
            show_default=False,
        ),
    ] = None,
    customer: Annotated[str, typer.Option(help="Who writes.")] = DEMO_CUSTOMER,
    key: Annotated[
        str | None,
        typer.Option(
            help="API key or customer token. [default: the demo's, from its folder]",
            show_default=False,
        ),
    ] = None,
    conversation: Annotated[
        str | None,
        typer.Option(help="Go on with this conversation.", show_default=False),
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Talk to a running server; each reply shows its level, model and tools.

    Input that is not a terminal is read line by line, each answer is waited for.
    """
    import asyncio

    from mainstay.settings import environment, load, overlaid
    from mainstay.settings.forms import base_url

    changes = {} if data is None else {"MAINSTAY_DATA": data}
    settings = load(overlaid(environment(), changes), needs=frozenset())
    try:
        address = base_url(url or f"http://127.0.0.1:{settings.api_port or 8080}")
    except ValueError as error:
        raise typer.BadParameter(f"{error}.", param_hint="--url") from error
    secret = key or _own_key(settings)
    asyncio.run(_talk(address, secret, customer, conversation, as_json=as_json))


def _own_key(settings: "Settings") -> str:
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


async def _talk(
    url: str, key: str, customer: str, conversation: str | None, *, as_json: bool
) -> None:
    import sys

    import aiohttp

    from mainstay.cli.chat_client import ChatClient
    from mainstay.cli.lines import lines
    from mainstay.cli.talk import Talk
    from mainstay.cli.transcript import JsonTranscript, TextTranscript

    live = sys.stdin.isatty() and sys.stdout.isatty() and not as_json
    transcript = JsonTranscript() if as_json else TextTranscript(sys.stdout, live=live)
    headers = {"Authorization": f"Bearer {key}"}
    async with aiohttp.ClientSession(url, headers=headers) as session:
        client = ChatClient(
            session, url, lambda: transcript.note("connection lost"), _pause
        )
        if conversation is None:
            id_, said = await client.open(customer), 0
            note = f"conversation {id_} as {customer}"
        else:
            id_, said = conversation, await client.newest(conversation)
            note = f"conversation {id_}"
        transcript.note(f"{note}; Ctrl-D ends" if live else note)
        await Talk(client, transcript, id_, said).run(lines(sys.stdin.fileno()))


async def _pause(seconds: float) -> None:
    """Wait in the terminal's own time: no simulated clock reaches this program."""
    import asyncio
    import contextlib

    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await asyncio.get_running_loop().create_future()
