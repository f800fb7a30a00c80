"""Server-sent events, as the HTML standard says them."""

from collections.abc import AsyncIterator

from mainstay.cli.sse import Sent, events


async def read(text: str) -> list[Sent]:
    """Return the events of a whole stream."""

    async def lines() -> AsyncIterator[bytes]:
        for line in text.encode().splitlines(keepends=True):
            yield line

    return [sent async for sent in events(lines())]


async def test_fields_make_an_event() -> None:
    """Name, id and data; the one space after the colon is not data."""
    assert await read('event: turn\nid: 7\ndata: {"a": 1}\n\n') == [
        Sent("turn", '{"a": 1}', "7")
    ]


async def test_defaults_comments_and_several_data_lines() -> None:
    """No name is ``message``; comments are heartbeats; data lines are joined."""
    assert await read(": beat\n\ndata:a\ndata: b\r\n\r\n") == [
        Sent("message", "a\nb", None)
    ]


async def test_an_event_cut_off_is_dropped() -> None:
    """An event without its blank line never happened; resume brings it whole."""
    assert await read("id: 1\ndata: a\n\nid: 2\ndata: b\n") == [
        Sent("message", "a", "1")
    ]


async def test_nothing_leaks_into_the_next_event() -> None:
    """A delta without an id does not get the id of the event before."""
    got = await read("id: 1\nevent: turn\ndata: a\n\nevent: delta\ndata: b\n\n")
    assert got[1] == Sent("delta", "b", None)
