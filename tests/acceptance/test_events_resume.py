"""Readers of one event stream that come, are cut and stick, at the same time."""

import time
from collections.abc import Sequence
from pathlib import Path

from tests.acceptance.listener import Heard, Listener, reply_of
from tests.acceptance.server import PRIMARY, Server, StandIn, serving

SLOW = {"slow_tokens_s": 0.05}
REFUND = {"tool_use": [{"name": "refund_order", "input": {"order_id": "1042"}}]}
HELLO = "Hello, who are you?"
HEARTBEAT_S = 15
LONG_TEXTS = 160
LONG_TEXT = "y" * 32_000
"""Five megabytes: more than the buffers of both ends of a connection take."""


def post(server: Server, talk: str, text: str = HELLO) -> str:
    """Post a message without waiting; return its turn."""
    path = f"/v1/conversations/{talk}/messages"
    status, body, _ = server.call("POST", path, {"text": text})
    assert status == 202, body
    return body["turn_id"]


def ids(heard: Sequence[Heard]) -> list[int]:
    """Return the ids of the durable events."""
    return [h.id for h in heard if h.id is not None]


def pieces(heard: Sequence[Heard]) -> list[int]:
    """Return the numbers of the deltas."""
    return [h.data["n"] for h in heard if h.kind == "delta"]


def drafted(heard: Sequence[Heard]) -> str:
    """Return the draft that a reader has after these events."""
    draft = ""
    for one in heard:
        if one.kind == "reset":
            draft = ""
        elif one.kind == "delta":
            draft += one.data["text"]
    return draft


def test_a_reader_that_returns_in_mid_draft_gets_no_half_of_it(
    server: Server, stand_in: StandIn
) -> None:
    """Cut between two deltas it hears the rest of the events once, and no tail."""
    stand_in.fail(primary=SLOW)
    talk = server.open()
    steady, cut = Listener(server, talk), Listener(server, talk)
    turn = post(server, talk)
    before = cut.until(lambda h: h.kind == "delta" and h.data["n"] == 1)
    cut.close()
    again = Listener(server, talk, ids(before)[-1])
    after = again.until(reply_of(turn))
    again.close()
    whole = steady.until(reply_of(turn))
    steady.close()
    assert len(pieces(whole)) > 5
    assert pieces(before) == [0, 1]
    assert pieces(after) in ([], pieces(whole))
    assert ids(before) + ids(after) == ids(whole)
    assert ids(whole) == sorted(set(ids(whole)))


def test_readers_at_different_places_all_survive_a_kill(
    tmp_path: Path, stand_in: StandIn
) -> None:
    """After kill -9 in mid-draft each resumes where it was; the old draft is void."""
    folder = tmp_path / "data"
    stand_in.fail(primary=SLOW)
    with serving(folder, stand_in.address) as server:
        talk = server.open()
        server.say(talk, HELLO)
        early = Listener(server, talk)
        heard = [early.until(lambda h: h.id is not None)]
        early.close()
        late = [Listener(server, talk) for _ in range(3)]
        turn = post(server, talk)
        heard += [one.until(lambda h: h.kind == "delta") for one in late]
        server.process.kill()
        for n, one in enumerate(late, 1):
            heard[n] += one.rest()
    assert all(pieces(one) for one in heard[1:])
    with serving(folder, stand_in.address) as server:
        readers = [Listener(server, talk, ids(one)[-1]) for one in heard]
        after = [one.until(reply_of(turn)) for one in readers]
        everything = Listener(server, talk, 0)
        whole = everything.until(reply_of(turn))
        for one in (*readers, everything):
            one.close()
    for was, then in zip(heard, after, strict=True):
        assert ids(was) + ids(then) == ids(whole)
        assert drafted(then) in ("", whole[-1].data["text"])
    assert ids(whole) == sorted(set(ids(whole)))
    assert len([h for h in whole if h.kind == "message"]) == 4


def test_a_draft_that_breaks_after_a_refund_is_void(
    server: Server, stand_in: StandIn
) -> None:
    """The next model's draft is numbered from 0, and is the reply, refund and all."""
    stand_in.control("PUT", "/script", {PRIMARY: [REFUND]})
    stand_in.fail(primary={"cut_stream_after": 6, "when": "after_tool"})
    talk = server.open()
    listener = Listener(server, talk)
    turn = post(server, talk, "I want a refund for order 1042")
    heard = listener.until(reply_of(turn))
    listener.close()
    start = max(n for n, h in enumerate(heard) if h.kind == "reset")
    broken, good = heard[:start], heard[start:]
    assert pieces(broken)
    assert pieces(good) == list(range(len(pieces(good))))
    then = {h.data["attempt"] for h in good if h.kind == "delta"}
    assert then == {heard[start].data["attempt"]}
    assert then.isdisjoint(h.data["attempt"] for h in broken if h.kind == "delta")
    text = heard[-1].data["text"]
    assert text.startswith(drafted(heard))
    assert heard[-1].data["fallback_level"] == 2
    assert "59.90" in text


def test_a_stuck_reader_is_dropped_and_may_come_back(server: Server) -> None:
    """It delays nobody, is cut off before the next heartbeat, and resumes."""
    talk = server.open()
    desk = f"/v1/conversations/{talk}"
    assert server.call("POST", f"{desk}/takeover", {"reason": "flood"})[0] == 200
    for _ in range(LONG_TEXTS):
        assert server.call("POST", f"{desk}/reply", {"text": LONG_TEXT})[0] == 201
    assert server.call("POST", f"{desk}/handback")[0] == 200
    stuck = Listener(server, talk, 0, room_bytes=64 * 1024)
    steady = Listener(server, talk, 0)
    asked_s = time.monotonic()
    turn = post(server, talk)
    heard = steady.until(reply_of(turn))
    assert time.monotonic() - asked_s < 5
    heard += steady.until(lambda h: h.id is not None and h.kind == "turn")
    quiet_s = time.monotonic()
    beat = steady.until(lambda h: h.kind == ":")
    took_s = time.monotonic() - quiet_s
    assert [h.kind for h in beat] == [":"]
    assert HEARTBEAT_S - 1 < took_s < HEARTBEAT_S + 3
    some = stuck.until(lambda h: h.kind == ":")
    assert len(ids(some)) < LONG_TEXTS
    again = Listener(server, talk, ids(some)[-1])
    rest = again.until(lambda h: h.id == ids(heard)[-1])
    for one in (stuck, steady, again):
        one.close()
    assert ids(some) + ids(rest) == ids(heard)
