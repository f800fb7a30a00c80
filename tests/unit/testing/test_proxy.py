"""A proxy that does harm on command: each of its faults, as the two sides see it."""

import asyncio
import contextlib
import errno
import socket
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

import pytest

from mainstay.testing.proxy import Proxy

SILENT_S = 0.15
SOON_S = 5.0

Wire = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class Echo:
    """A server that says everything back, and knows its connections."""

    wires: list[Wire] = field(default_factory=list)
    ends: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    reads: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        """Serve a connection until it ends, and note how."""
        self.wires.append((reader, writer))
        try:
            await self.reads.wait()
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
            self.ends.put_nowait("fin")
        except ConnectionResetError:
            self.ends.put_nowait("rst")
        finally:
            writer.close()


@pytest.fixture
async def echo() -> AsyncGenerator[Echo]:
    """Give a server."""
    one = Echo()
    one.reads.set()
    server = await asyncio.start_server(one.serve, "127.0.0.1", 0)
    one.port = server.sockets[0].getsockname()[1]
    yield one
    server.close()
    for _, writer in one.wires:
        writer.close()


@pytest.fixture
async def proxy(echo: Echo) -> AsyncGenerator[Proxy]:
    """Give a proxy before it."""
    async with Proxy(echo.port) as one:
        yield one


async def opened(proxy: Proxy) -> Wire:
    """Connect, and hear the server once."""
    wire = await asyncio.open_connection("127.0.0.1", proxy.port)
    assert await said(wire, b"hello") == b"hello"
    return wire


async def said(wire: Wire, data: bytes) -> bytes:
    """Say something and return as much of the answer as it is long."""
    reader, writer = wire
    writer.write(data)
    async with asyncio.timeout(SOON_S):
        await writer.drain()
        return await reader.readexactly(len(data))


async def ending(wire: Wire) -> str:
    """Return how a connection ended."""
    try:
        async with asyncio.timeout(SOON_S):
            while await wire[0].read(65_536):
                pass
    except ConnectionResetError:
        return "rst"
    finally:
        wire[1].close()
    return "fin"


async def silent(wire: Wire) -> bool:
    """Tell whether nothing comes, neither bytes nor an end."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SILENT_S):
            await wire[0].read(1)
            return False
    return True


async def test_bytes_pass_both_ways(proxy: Proxy) -> None:
    """A megabyte there and back, byte for byte; each is counted."""
    wire = await opened(proxy)
    data = bytes(range(256)) * 4096
    asked = asyncio.create_task(said(wire, data))
    assert await asked == data
    assert proxy.passed("to_server") == proxy.passed("to_client") == len(data) + 5
    wire[1].close()


async def test_an_end_passes_as_it_is(proxy: Proxy, echo: Echo) -> None:
    """FIN, half-closed or not, and RST reach the other side."""
    reader, writer = await opened(proxy)
    writer.write(b"last words")
    writer.write_eof()
    async with asyncio.timeout(SOON_S):
        assert await reader.read() == b"last words"
    assert await echo.ends.get() == "fin"
    wire = await opened(proxy)
    linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
    raw = wire[1].get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    wire[1].transport.abort()
    assert await echo.ends.get() == "rst"


@pytest.mark.parametrize("how", ["rst", "fin"])
async def test_a_cut_ends_all_present_connections(proxy, echo, how) -> None:
    """Both sides see it; who comes after it is served."""
    wires = [await opened(proxy) for _ in range(3)]
    proxy.cut(how)
    assert {await ending(wire) for wire in wires} == {how}
    assert {await echo.ends.get() for _ in wires} == {how}
    (await opened(proxy))[1].close()


@pytest.mark.parametrize("how", ["rst", "fin"])
async def test_new_connections_are_cut_alone(proxy, how) -> None:
    """A present one goes on; after healing so does a new one."""
    present = await opened(proxy)
    proxy.cut_new(how)
    new = await asyncio.open_connection("127.0.0.1", proxy.port)
    assert await ending(new) == how
    assert await said(present, b"still here") == b"still here"
    proxy.heal()
    for wire in (present, await opened(proxy)):
        wire[1].close()


async def test_connections_are_refused(proxy: Proxy) -> None:
    """As where nobody listens; the port stays the proxy's, and present ones go on."""
    present = await opened(proxy)
    proxy.refuse()
    for _ in range(3):
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", proxy.port)
    with pytest.raises(OSError, match="in use") as taken, socket.socket() as other:
        other.bind(("127.0.0.1", proxy.port))
    assert taken.value.errno == errno.EADDRINUSE
    assert await said(present, b"still here") == b"still here"
    proxy.heal()
    for wire in (present, await opened(proxy)):
        wire[1].close()


async def test_a_server_that_is_away_is_a_reset(echo: Echo) -> None:
    """The proxy accepts, finds nobody and resets the client."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        async with Proxy(nobody.getsockname()[1]) as proxy:
            wire = await asyncio.open_connection("127.0.0.1", proxy.port)
            assert await ending(wire) == "rst"


async def test_each_direction_has_its_delay(proxy: Proxy) -> None:
    """An answer takes the sum of both; many bytes take no longer than few."""
    wire = await opened(proxy)
    proxy.delay(to_server_s=0.1, to_client_s=0.2)
    for size in (1, 500_000):
        began = time.monotonic()
        await said(wire, bytes(size))
        assert 0.3 <= time.monotonic() - began < 1
    proxy.delay(to_client_s=60)
    asked = asyncio.create_task(said(wire, b"late"))
    _, pending = await asyncio.wait([asked], timeout=SILENT_S)
    assert pending
    proxy.heal()
    assert await asked == b"late"
    wire[1].close()


async def test_bytes_trickle(proxy: Proxy) -> None:
    """So many a second, in the directions that were named; healing lets go at once."""
    wire = await opened(proxy)
    proxy.trickle(1000, "to_client")
    began = time.monotonic()
    await said(wire, bytes(300))
    assert 0.2 <= time.monotonic() - began < 1
    proxy.trickle(1)
    asked = asyncio.create_task(said(wire, bytes(10_000)))
    _, pending = await asyncio.wait([asked], timeout=SILENT_S)
    assert pending
    proxy.heal()
    assert await asked == bytes(10_000)
    with pytest.raises(ValueError, match="more than 0"):
        proxy.trickle(0)
    wire[1].close()


async def test_what_is_held_arrives_after_healing(proxy: Proxy, echo: Echo) -> None:
    """Nothing passes, nothing ends, nothing is lost; new connections are held too."""
    wire = await opened(proxy)
    proxy.hold("to_client")
    wire[1].write(b"kept")
    assert await silent(wire)
    assert proxy.passed("to_server") == 9
    proxy.hold()
    new = await asyncio.open_connection("127.0.0.1", proxy.port)
    new[1].write(b"too")
    assert await silent(new)
    proxy.heal()
    async with asyncio.timeout(SOON_S):
        assert await wire[0].readexactly(4) == b"kept"
        assert await new[0].readexactly(3) == b"too"
    for one in (wire, new):
        one[1].close()


async def test_a_swallowed_connection_is_half_open_for_good(proxy, echo) -> None:
    """Bytes are taken and lost; neither side hears that the other left."""
    wire = await opened(proxy)
    leaver = await opened(proxy)
    proxy.swallow()
    new = await asyncio.open_connection("127.0.0.1", proxy.port)
    for one in (wire, new):
        one[1].write(bytes(1_000_000))
        async with asyncio.timeout(SOON_S):
            await one[1].drain()
        assert await silent(one)
    leaver[1].close()
    echo.wires[0][1].close()
    proxy.heal()
    fresh = await opened(proxy)
    assert await silent(wire)
    assert await silent(new)
    assert echo.ends.qsize() == 1, "the server's own close, and not the leaver's"
    proxy.cut("rst")
    assert await ending(wire) == await ending(new) == "rst"
    assert await ending(fresh) == "rst"


@pytest.mark.parametrize("how", ["rst", "fin"])
async def test_an_answer_is_cut_in_the_middle(proxy, echo, how) -> None:
    """The server had the whole request, the client gets so much and no more."""
    wire = await opened(proxy)
    proxy.cut_after(3, "to_client", how)
    wire[1].write(b"0123456789")
    got = b""
    with contextlib.suppress(ConnectionResetError):
        async with asyncio.timeout(SOON_S):
            while data := await wire[0].read(100):
                got += data
    assert got == b"012"
    assert proxy.passed("to_server") == 15
    new = await asyncio.open_connection("127.0.0.1", proxy.port)
    new[1].write(b"0123456789")
    assert await ending(new) == how
    proxy.heal()
    for one in (wire, await opened(proxy)):
        one[1].close()


async def test_a_fast_sender_waits_for_a_slow_reader(proxy: Proxy, echo: Echo) -> None:
    """What is held is bounded: the proxy stops reading, and so the sender stops."""
    echo.reads.clear()
    wire = await asyncio.open_connection("127.0.0.1", proxy.port)
    wire[1].write(bytes(64_000_000))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await wire[1].drain()
    assert wire[1].transport.get_write_buffer_size() > 30_000_000
    wire[1].transport.abort()


async def test_a_stop_ends_everything(echo: Echo) -> None:
    """Whatever the connections were doing; the port is free again."""
    proxy = Proxy(echo.port)
    proxy.start()
    held, silent_one = await opened(proxy), await opened(proxy)
    proxy.hold()
    held[1].write(b"never passed on")
    proxy.swallow()
    async with asyncio.timeout(SOON_S):
        await proxy.stop()
    assert proxy.lines == 0
    for wire in (held, silent_one):
        await ending(wire)
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", proxy.port))
