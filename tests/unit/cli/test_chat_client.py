"""The chat against a server that the test plays."""

import asyncio
import io
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from mainstay.cli.chat_client import ChatClient
from mainstay.cli.lines import lines
from mainstay.cli.talk import Talk
from mainstay.cli.transcript import TextTranscript
from mainstay.domain.errors import MainstayError

MESSAGES = "/v1/conversations/conv_1/messages"


@dataclass
class Server:
    """A gateway with one conversation.

    Args:
        refusals: statuses that the next posts get, in order.
        tells: what an accepted message makes the stream say.
    """

    refusals: list[int] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    resumed: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    tells: tuple[tuple[str, dict], ...] = ()
    cut_after: int | None = None
    log: list[str] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, kind: str, data: dict) -> None:
        """Add a durable event to the stream."""
        id_ = len(self.log) + 1
        self.log.append(f"id: {id_}\nevent: {kind}\ndata: {json.dumps(data)}\n\n")
        self.news.set()

    async def open(self, request: web.Request) -> web.Response:
        """Open the conversation."""
        if request.headers["Authorization"] != "Bearer good":
            return web.json_response({"title": "no"}, status=401)
        return web.json_response({"id": "conv_1"}, status=201)

    async def post(self, request: web.Request) -> web.Response:
        """Accept a message, or refuse it as told."""
        self.keys.append(request.headers["Idempotency-Key"])
        if self.refusals:
            status = self.refusals.pop(0)
            problem = {"detail": "too long: 32 KB at most"}
            return web.json_response(problem, status=status)
        self.texts.append((await request.json())["text"])
        for kind, data in self.tells:
            self.tell(kind, data)
        return web.json_response({"turn_id": "turn_1"}, status=202)

    async def messages(self, request: web.Request) -> web.Response:
        """Return a page of two messages, and of the third on the next."""
        page = {"0": [1, 2], "2": [3]}[request.query["after"]]
        after = 2 if page[0] == 1 else None
        return web.json_response(
            {"messages": [{"seq": n} for n in page], "next": after}
        )

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Stream from Last-Event-ID on; cut the line once when told to."""
        after = int(request.headers["Last-Event-ID"])
        self.resumed.append(str(after))
        answer = web.StreamResponse()
        await answer.prepare(request)
        while True:
            self.news.clear()
            for event in self.log[after:]:
                after += 1
                await answer.write(event.encode())
                if after == self.cut_after:
                    self.cut_after = None
                    await answer.write(b"id: 99\ndata: half")
                    return answer
            await self.news.wait()


Connect = Callable[..., Awaitable[ChatClient]]


@pytest.fixture
async def server() -> Server:
    """A server with nothing to say."""
    return Server()


@pytest.fixture
async def connect(server: Server) -> AsyncIterator[Connect]:
    """Return a function that makes a client of the running server."""
    app = web.Application()
    app.router.add_post("/v1/conversations", server.open)
    app.router.add_post(MESSAGES, server.post)
    app.router.add_get(MESSAGES, server.messages)
    app.router.add_get("/v1/conversations/conv_1/events", server.events)
    sessions: list[aiohttp.ClientSession] = []

    async def at_once(_seconds: float) -> None:
        return None

    async def make(key: str = "good") -> ChatClient:
        headers = {"Authorization": f"Bearer {key}"}
        session = aiohttp.ClientSession(str(played.make_url("/")), headers=headers)
        sessions.append(session)
        return ChatClient(session, "http://server", lambda: None, at_once)

    async with TestServer(app) as played:
        yield make
        for session in sessions:
            await session.close()


async def test_a_busy_server_gets_the_same_message_again(
    server: Server, connect: Connect
) -> None:
    """429 and 503 are tried again under the same Idempotency-Key."""
    server.refusals = [429, 503]
    assert await (await connect()).send("conv_1", "hi") == "turn_1"
    assert server.texts == ["hi"]
    assert len(server.keys) == 3
    assert len(set(server.keys)) == 1


async def test_tries_are_bounded(server: Server, connect: Connect) -> None:
    """After five tries the problem's own words are shown."""
    server.refusals = [503] * 9
    with pytest.raises(MainstayError, match="503: too long"):
        await (await connect()).send("conv_1", "hi")
    assert len(server.keys) == 5


async def test_a_refusal_is_not_tried_again(server: Server, connect: Connect) -> None:
    """413 is final and says why."""
    server.refusals = [413]
    with pytest.raises(MainstayError, match="32 KB at most"):
        await (await connect()).send("conv_1", "hi")
    assert len(server.keys) == 1


async def test_a_wrong_key_names_the_way_out(connect: Connect) -> None:
    """401 points at --key."""
    with pytest.raises(MainstayError, match="--key"):
        await (await connect("bad")).open("customer")


async def test_a_cut_stream_goes_on_where_it_was(
    server: Server, connect: Connect
) -> None:
    """After a cut it resumes from the last whole event: none lost, none twice."""
    for n in range(1, 5):
        server.tell("message", {"n": n})
    server.cut_after = 2
    client = await connect()
    seen: list[int] = []
    async for sent in client.events("conv_1"):
        seen.append(json.loads(sent.data)["n"])
        if len(seen) == 4:
            break
    assert seen == [1, 2, 3, 4]
    assert server.resumed == ["0", "2"]


async def test_the_newest_message_is_on_the_last_page(connect: Connect) -> None:
    """Pages are followed to their end."""
    assert await (await connect()).newest("conv_1") == 3


async def talk(client: ChatClient, *typed: str) -> str:
    """Return what the screen shows after these lines."""
    screen = io.StringIO()

    async def source() -> AsyncIterator[str]:
        for line in typed:
            yield line

    transcript = TextTranscript(screen, live=False)
    await asyncio.wait_for(Talk(client, transcript, "conv_1").run(source()), 10)
    return screen.getvalue()


async def test_a_pipe_waits_for_each_answer(server: Server, connect: Connect) -> None:
    """The answer is on the screen before the talk ends."""
    data = {"role": "agent", "text": "Hello", "turn_id": "turn_1"}
    server.tells = (("message", data | {"fallback_level": 2, "model": "m"}),)
    shown = await talk(await connect(), "hi")
    assert shown == "agent: Hello\n[level 2 - m - tools off]\n"


async def test_what_was_said_is_shown_before_anything_is_sent(
    server: Server, connect: Connect
) -> None:
    """Going on with a conversation, its own earlier messages are on the screen."""
    server.tell("message", {"role": "customer", "text": "hello", "seq": 1})
    server.tell("message", {"role": "customer", "text": "again", "seq": 2})
    screen = io.StringIO()

    async def source() -> AsyncIterator[str]:
        assert screen.getvalue() == "you: hello\nyou: again\n"
        for line in ():
            yield line

    client = await connect()
    talk = Talk(client, TextTranscript(screen, live=False), "conv_1", said=2)
    await asyncio.wait_for(talk.run(source()), 10)


async def test_a_human_who_has_the_conversation_is_not_waited_for(
    server: Server, connect: Connect
) -> None:
    """A turn that is handed off at once ends the wait."""
    server.tells = (("turn", {"turn_id": "turn_1", "state": "handed_off"}),)
    await talk(await connect(), "one", "two")
    assert server.texts == ["one", "two"]


async def test_a_refused_message_ends_the_talk(
    server: Server, connect: Connect
) -> None:
    """An error of the speaking side is not lost behind the listening one."""
    server.refusals = [413]
    with pytest.raises(MainstayError, match="32 KB"):
        await talk(await connect(), "x")


async def test_lines_come_from_a_descriptor_until_its_end() -> None:
    """Blank lines are left out, a last line needs no newline, bad UTF-8 is survived."""
    reader, writer = os.pipe()
    os.write(writer, b"one\n\n  two \r\n" + b"\xff three")
    os.close(writer)
    assert [line async for line in lines(reader)] == ["one", "two", "\ufffd three"]
    os.close(reader)
