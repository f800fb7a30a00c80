"""``mainstay chat``: a conversation with a running server."""

from typing import Annotated

import typer

from mainstay.cli.options import AsJson, Data
from mainstay.cli.server import Url, address_of, own_key, pause

DEMO_CUSTOMER = "cust_demo"
"""Any will do: in the sample shop every customer has an order 1042 of their own."""


def chat(
    url: Url = None,
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

    changes = {} if data is None else {"MAINSTAY_DATA": data}
    settings = load(overlaid(environment(), changes), needs=frozenset())
    address = address_of(url, settings)
    secret = key or own_key(settings)
    asyncio.run(_talk(address, secret, customer, conversation, as_json=as_json))


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
            session, url, lambda: transcript.note("connection lost"), pause
        )
        if conversation is None:
            id_, said = await client.open(customer), 0
            note = f"conversation {id_} as {customer}"
        else:
            id_, said = conversation, await client.newest(conversation)
            note = f"conversation {id_}"
        transcript.note(f"{note}; Ctrl-D ends" if live else note)
        await Talk(client, transcript, id_, said).run(lines(sys.stdin.fileno()))
