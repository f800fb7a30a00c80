"""What is broken on a running system turns exactly its check red, until it is mended.

Processes share Redis here, so that a part of it can be kept from them.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

import pytest
from tests.acceptance.ground import Ground, grounded, red
from tests.acceptance.server import KEY

from mainstay.stores.sqlite.revisions import NEEDS
from mainstay.testing.servers.redis import RedisServer

KINDS = frozenset({"bucket", "circuit", "context", "lease", "pool", "trials"})
"""All that we keep in Redis: its keys begin so, after ``mainstay:``."""


@dataclass(frozen=True)
class Whole:
    """A system, and its Redis."""

    ground: Ground
    redis: RedisServer


@pytest.fixture(scope="module")
def whole(
    tmp_path_factory: pytest.TempPathFactory, stand_in_address: str
) -> Iterator[Whole]:
    """Give a system where all is well, but for a drill on record."""
    folder = tmp_path_factory.mktemp("whole")
    redis = RedisServer(folder / "redis")
    redis.start()
    try:
        with grounded(folder, stand_in_address, REDIS_URL=redis.url) as ground:
            yield Whole(ground, redis)
    finally:
        redis.stop()


@dataclass(frozen=True)
class Broken:
    """How a walk is made while something is broken.

    Args:
        env: its further settings.
        url: of the gateway that it comes to.
    """

    env: dict[str, str]
    url: str = ""


Breakage = Callable[[Whole], AbstractContextManager[Broken]]


def setting(**env: str) -> Breakage:
    """Return what has the deployment's settings wrong."""

    @contextmanager
    def broken(_: Whole) -> Iterator[Broken]:
        yield Broken(env)

    return broken


TAKE = "DELETE FROM revisions WHERE number = ?"
PUT = "INSERT INTO revisions VALUES (?, 'pre', '0.1.0')"


def schema(break_: str, number: str, mend: str) -> Breakage:
    """Return what changes the store's own record of its schema."""

    @contextmanager
    def broken(whole: Whole) -> Iterator[Broken]:
        file = whole.ground.folder / "data/mainstay.db"
        with closing(sqlite3.connect(file, timeout=10)) as store:
            with store:
                assert store.execute(break_, [number]).rowcount == 1
            try:
                yield Broken({})
            finally:
                with store:
                    assert store.execute(mend, [number]).rowcount == 1

    return broken


def forbidden(*kinds: str) -> Breakage:
    """Return what lets our user in Redis see everything but some keys."""

    @contextmanager
    def broken(whole: Whole) -> Iterator[Broken]:
        seen = " ".join(f"~mainstay:{kind}:*" for kind in sorted(KINDS - {*kinds}))
        assert "+OK" in whole.redis.run("ACL SETUSER default resetkeys", seen)
        try:
            yield Broken({})
        finally:
            assert "+OK" in whole.redis.run("ACL SETUSER default allkeys")

    return broken


@contextmanager
def open_door(whole: Whole) -> Iterator[Broken]:
    """Put a proxy before the gateway that shows a good key for everybody."""

    class Porter(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            gateway = HTTPConnection(urlsplit(whole.ground.server.address).netloc)
            gateway.request(
                "GET", self.path, headers={"authorization": f"Bearer {KEY}"}
            )
            with closing(gateway), gateway.getresponse() as answer:
                self.send_response(answer.status)
                self.end_headers()
                self.wfile.write(answer.read())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Porter) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield Broken({}, f"http://127.0.0.1:{server.server_port}")
        finally:
            server.shutdown()


ALWAYS = ("breakers are kept from processes", "a library logs")
"""Played with all tests: a walk takes seconds, and the others are long ones."""

BROKEN: dict[str, tuple[list[tuple[int, str]], str, Breakage]] = {
    "a setting": (
        [(1, "FAIL")],
        "made without API_TIMEOUT_SECONDS",
        setting(API_TIMEOUT_SECONDS="soon"),
    ),
    "a setting that one check needs": (
        [(1, "FAIL"), (6, "ERROR")],
        "made without RATE_LIMIT",
        setting(RATE_LIMIT="none"),
    ),
    "a revision is missing": (
        [(2, "FAIL")],
        "waiting: 0005",
        schema(TAKE, "0005", PUT),
    ),
    "the schema is of a newer version": (
        [(2, "FAIL")],
        "schema 9999",
        schema(PUT, "9999", TAKE),
    ),
    "breakers are kept from processes": (
        [(3, "FAIL")],
        "did not hear of an opening",
        forbidden("circuit", "trials"),
    ),
    "buckets are kept from gateways": (
        [(6, "FAIL")],
        "another gateway let",
        forbidden("bucket"),
    ),
    "the door is open": ([(8, "FAIL")], "to no credentials", open_door),
    "a library logs": (
        [(10, "FAIL")],
        "customer's words are in the log",
        setting(ANTHROPIC_LOG="debug"),
    ),
}


@pytest.mark.parametrize(
    "what",
    [
        pytest.param(what, marks=() if what in ALWAYS else pytest.mark.long)
        for what in BROKEN
    ],
)
def test_exactly_its_check_is_red(whole: Whole, what: str) -> None:
    """While it is broken; nothing else of the walk changes."""
    expected, told, breakage = BROKEN[what]
    with breakage(whole) as how:
        code, found = whole.ground.check(how.url, **how.env)
    assert code == 1
    assert red(found) == [*expected, (13, "FAIL")], found
    checks = [found["checks"][number - 1] for number, _ in expected]
    assert told in checks[0]["detail"]
    assert all(one["way_out"] for one in checks)


@contextmanager
def no_redis(whole: Whole) -> Iterator[Broken]:
    """Let Redis not answer."""
    whole.redis.stop()
    try:
        yield Broken({})
    finally:
        whole.redis.start()


NEEDED: dict[str, tuple[list[tuple[int, str]], Breakage]] = {
    "Redis": ([(3, "FAIL"), (6, "FAIL"), (13, "FAIL")], no_redis),
    "the schema": (
        [(2, "FAIL"), (4, "ERROR"), (7, "ERROR"), (8, "ERROR"), (13, "ERROR")],
        schema(TAKE, NEEDS, PUT),
    ),
}
"""What several checks need; the reference of the checklist names them."""


@pytest.mark.long
@pytest.mark.parametrize("what", NEEDED)
def test_what_several_need_turns_them_red_together(whole: Whole, what: str) -> None:
    """None passes without it, and no other one is touched."""
    expected, breakage = NEEDED[what]
    with breakage(whole) as how:
        _, found = whole.ground.check(**how.env)
    assert red(found) == expected, found


@pytest.mark.long
def test_mended_nothing_is_red_but_the_drill(whole: Whole) -> None:
    """What was broken before this left nothing behind."""
    _, found = whole.ground.check()
    assert red(found) == [(13, "FAIL")], found
