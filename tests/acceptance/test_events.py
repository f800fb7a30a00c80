"""The event stream from outside: durable events once and in order, drafts live."""

import socket
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from tests.acceptance.listener import Heard, Listener, reply_of
from tests.acceptance.server import KEY, Server, StandIn, serving

SLOW = {"slow_tokens_s": 0.05}


def durable(heard: Sequence[Heard]) -> list[tuple[int, str]]:
    """Return ids and kinds of the durable events."""
    return [(h.id, h.kind) for h in heard if h.id is not None]


def post(server: Server, talk: str, text: str) -> str:
    """Post a message without waiting; return its turn."""
    path = f"/v1/conversations/{talk}/messages"
    status, body, _ = server.call("POST", path, {"text": text})
    assert status == 202, body
    return body["turn_id"]


def test_a_reply_streams_and_its_pieces_make_the_message(
    server: Server, stand_in: StandIn
) -> None:
    """Deltas carry no id and number themselves; joined they are the durable reply."""
    talk = server.open()
    listener = Listener(server, talk)
    turn = post(server, talk, "Hello, who are you?")
    heard = listener.until(reply_of(turn))
    listener.close()
    deltas = [h for h in heard if h.kind == "delta"]
    assert len(deltas) > 1
    assert all(h.id is None for h in deltas)
    assert all(set(h.data) == {"turn_id", "attempt", "n", "text"} for h in deltas)
    assert [h.data["n"] for h in deltas] == list(range(len(deltas)))
    assert "".join(h.data["text"] for h in deltas) == heard[-1].data["text"]
    assert heard[-1].data["fallback_level"] == 0


def test_a_cut_draft_is_void(server: Server, stand_in: StandIn) -> None:
    """After a stream that broke, a reset comes before the pieces of the new one."""
    stand_in.fail(primary={"cut_stream_after": 6, "times": 1})
    talk = server.open()
    listener = Listener(server, talk)
    turn = post(server, talk, "Hello, who are you?")
    heard = listener.until(reply_of(turn))
    listener.close()
    kinds = [h.kind for h in heard if h.kind in ("delta", "reset")]
    assert kinds[0] == "delta"
    assert kinds.count("reset") >= 1
    start = max(n for n, h in enumerate(heard) if h.kind == "reset")
    said = "".join(h.data["text"] for h in heard[start:] if h.kind == "delta")
    assert said == heard[-1].data["text"]


def test_a_cut_reader_resumes_with_nothing_lost_or_repeated(
    server: Server, stand_in: StandIn
) -> None:
    """Readers that hang up after each durable event hear all of them, each once."""
    talk = server.open()
    turns = [post(server, talk, "Hello, who are you?")]
    steady = Listener(server, talk)
    whole = steady.until(reply_of(turns[0]))
    pieces: list[tuple[int, str]] = []
    while len(pieces) < len(durable(whole)):
        after = pieces[-1][0] if pieces else 0
        reader = Listener(server, talk, after)
        pieces += durable(reader.until(lambda heard: heard.id is not None))
        reader.close()
    steady.close()
    assert pieces == durable(whole)
    ids = [id_ for id_, _ in pieces]
    assert ids == sorted(set(ids))


def test_a_stream_goes_on_across_a_kill(tmp_path: Path, stand_in: StandIn) -> None:
    """After kill -9 in mid-reply and a restart the reader resumes by Last-Event-ID."""
    folder = tmp_path / "data"
    stand_in.fail(primary={**SLOW, "times": 1})
    with serving(folder, stand_in.address) as server:
        talk = server.open()
        listener = Listener(server, talk)
        turn = post(server, talk, "Hello, who are you?")
        before = listener.until(lambda heard: heard.kind == "delta")
        server.process.kill()
        before += listener.rest()
    last = durable(before)[-1][0]
    with serving(folder, stand_in.address) as server:
        listener = Listener(server, talk, last)
        after = listener.until(reply_of(turn))
        listener.close()
        everything = Listener(server, talk, 0)
        whole = everything.until(reply_of(turn))
        everything.close()
    assert durable(before) + durable(after) == durable(whole)
    replies = [h for h in whole if reply_of(turn)(h)]
    assert len(replies) == 1


def test_a_silent_stream_has_a_heartbeat(server: Server) -> None:
    """Within 20 s of silence the server says that it is there."""
    listener = Listener(server, server.open())
    heard = listener.until(lambda heard: heard.kind == ":")
    listener.close()
    assert heard[-1] == Heard(":")


def test_a_reader_that_does_not_read_harms_nobody(server: Server) -> None:
    """While one takes nothing of a long history, another hears the reply at once."""
    talk = server.open()
    for _ in range(40):
        server.call(
            "POST", f"/v1/conversations/{talk}/takeover", {"reason": "x" * 1000}
        )
        server.call("POST", f"/v1/conversations/{talk}/reply", {"text": "y" * 32_000})
        server.call("POST", f"/v1/conversations/{talk}/handback")
    stuck = socket.create_connection(_where(server))
    stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    request = (
        f"GET /v1/conversations/{talk}/events HTTP/1.1\r\nHost: test\r\n"
        f"Authorization: Bearer {KEY}\r\nLast-Event-ID: 0\r\n\r\n"
    )
    stuck.sendall(request.encode())
    assert stuck.recv(4) == b"HTTP"
    events = Listener(server, talk)
    turn = post(server, talk, "Hello, who are you?")
    heard = events.until(reply_of(turn))
    events.close()
    stuck.close()
    assert heard[-1].data["fallback_level"] == 0


def _where(server: Server) -> tuple[str, int]:
    parts = urlsplit(server.address)
    return parts.hostname or "", parts.port or 0
