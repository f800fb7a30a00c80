"""The event stream from outside: durable events once and in order, drafts live."""

from collections.abc import Sequence

from tests.acceptance.listener import Heard, Listener, reply_of
from tests.acceptance.server import Server, StandIn


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


def test_a_draft_that_no_model_finished_is_void(
    server: Server, stand_in: StandIn
) -> None:
    """When every stream breaks, a reset comes before the reply of a lower level."""
    stand_in.fail(every={"cut_stream_after": 6})
    talk = server.open()
    listener = Listener(server, talk)
    turn = post(server, talk, "Hello, who are you?")
    heard = listener.until(reply_of(turn))
    listener.close()
    drafts = [h.kind for h in heard if h.kind in ("delta", "reset")]
    assert "delta" in drafts
    assert drafts[-1] == "reset"
    assert heard[-1].data["fallback_level"] == 4


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
