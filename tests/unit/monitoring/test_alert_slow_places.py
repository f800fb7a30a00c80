"""A receiver that is never done silences nobody, and keeps nothing from ending."""

import socket
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.unit.monitoring.alert_world import World
from tests.unit.monitoring.post_office import RIGHT, post_office
from tests.unit.monitoring.told_places import Place, place

from mainstay.monitoring.alerting import fetching
from mainstay.monitoring.alerting.alert import Alert
from mainstay.monitoring.alerting.fetching import fetch
from mainstay.monitoring.alerting.notice import Notice, NotSent, Sender
from mainstay.monitoring.alerting.office import COURIERS
from mainstay.monitoring.alerting.senders import email as email_code
from mainstay.monitoring.alerting.senders import post as post_code
from mainstay.monitoring.alerting.senders.email import Email, MailServer
from mainstay.monitoring.alerting.senders.heartbeat import Heartbeat
from mainstay.monitoring.alerting.senders.pagerduty import PagerDuty
from mainstay.monitoring.alerting.senders.slack import Slack
from mainstay.monitoring.alerting.senders.webhook import Webhook
from mainstay.monitoring.exchange import post as exchange_code
from mainstay.monitoring.exchange.deadline import Deadline
from mainstay.system.clock import SystemClock

CLOCK = SystemClock()
LIMIT_S, PAUSE_S = 0.4, 0.05
MOST_S = 3.0
"""By which whatever takes LIMIT_S is over on a busy machine."""

HEAD = b"HTTP/1.1 200 OK\r\n"
LENGTH = HEAD + b"Content-Length: 9000\r\n\r\n"
REFUSED = LENGTH.replace(b"200 OK", b"500 No")
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
NOTICE = Notice(
    source="test",
    name="Long",
    severity="page",
    firing=[Alert(name="Long", labels={}, annotations={}, value=1, since_s=0)],
)


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take short limits."""
    for code in (post_code, email_code, fetching):
        monkeypatch.setattr(code, "TIMEOUT_S", LIMIT_S)
    monkeypatch.setattr(exchange_code, "BODY_S", LIMIT_S)


@contextmanager
def trickling(at_once: bytes, then: bytes, pause_s: float = PAUSE_S) -> Iterator[int]:
    """Serve something at once, and then a piece again and again; give the port."""
    listener = socket.create_server(("127.0.0.1", 0))
    gone = threading.Event()

    def serve(line: socket.socket) -> None:
        try:
            with line:
                line.sendall(at_once)
                while not gone.wait(pause_s):
                    line.sendall(then)
        except OSError:
            return

    def accept() -> None:
        try:
            while True:
                line, _ = listener.accept()
                threading.Thread(target=serve, args=[line], daemon=True).start()
        except OSError:
            return

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        gone.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


@contextmanager
def soon() -> Generator[None]:
    """See that something is over in time."""
    began_s = CLOCK.monotonic_s()
    yield
    assert CLOCK.monotonic_s() - began_s < MOST_S


@pytest.mark.parametrize(
    ("at_once", "then"),
    [(b"HTTP/1.1 200 ", b"O"), (HEAD, b"X: y\r\n"), (b"", CONTINUE)],
)
def test_an_answer_that_never_comes_is_given_up(at_once: bytes, then: bytes) -> None:
    """Its head by bytes or by lines, or promises without an end."""
    with trickling(at_once, then) as port:
        url = f"http://127.0.0.1:{port}"
        senders: list[Sender] = [
            Webhook(url, 60, CLOCK),
            Slack(url, 60, CLOCK),
            PagerDuty("key", 60, CLOCK, url),
            Heartbeat(url, CLOCK),
        ]
        for sender in senders:
            with soon(), pytest.raises(NotSent, match=r"did not answer in 0\.4 s"):
                sender.send(NOTICE)


def test_promises_without_a_pause_are_given_up() -> None:
    """They take no more memory than any head."""
    with (
        trickling(b"", CONTINUE * 1000, 0) as port,
        soon(),
        pytest.raises(NotSent, match=r"no end|did not answer"),
    ):
        Webhook(f"http://127.0.0.1:{port}", 60, CLOCK).send(NOTICE)


def test_a_promise_is_not_the_answer() -> None:
    """What follows it is."""
    refused = b"HTTP/1.1 503 No\r\nContent-Length: 4\r\n\r\nbusy"
    with (
        trickling(CONTINUE + refused, b"") as port,
        pytest.raises(NotSent, match=r"^answered 503 busy$"),
    ):
        Webhook(f"http://127.0.0.1:{port}", 60, CLOCK).send(NOTICE)


def test_a_body_that_never_ends_changes_nothing() -> None:
    """What was taken is taken, what was refused is refused."""
    with trickling(LENGTH, b"x") as port, soon():
        Webhook(f"http://127.0.0.1:{port}", 60, CLOCK).send(NOTICE)
    with (
        trickling(REFUSED, b"x") as port,
        soon(),
        pytest.raises(NotSent, match=r"^answered 500 x"),
    ):
        Webhook(f"http://127.0.0.1:{port}", 60, CLOCK).send(NOTICE)


def test_a_page_that_never_ends_is_none() -> None:
    """Its head or its body."""
    for at_once in (b"", LENGTH):
        with trickling(at_once, b"x") as port, soon(), pytest.raises(OSError):  # noqa: PT011 - any
            fetch(CLOCK, f"127.0.0.1:{port}")


def test_a_page_is_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is longer than any is none."""
    monkeypatch.setattr(fetching, "TIMEOUT_S", 10.0)
    page = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na 1"
    with trickling(page, b"") as port:
        assert fetch(CLOCK, f"127.0.0.1:{port}") == "a 1"
    with trickling(LENGTH, b"x" * 200_000, 0) as port:
        assert len(fetch(CLOCK, f"127.0.0.1:{port}")) == 9000
    endless = HEAD + b"Content-Length: 90000000\r\n\r\n"
    with (
        trickling(endless, b"x" * 2_000_000, 0) as port,
        pytest.raises(OSError, match="longer than"),
    ):
        fetch(CLOCK, f"127.0.0.1:{port}")


READY = b"220 ready\r\n"


@pytest.mark.parametrize(
    ("at_once", "then"),
    [(b"", b"2"), (READY, b"2"), (READY, b"250-more\r\n")],
)
@pytest.mark.parametrize("tls", ["none", "starttls", "implicit"])
def test_a_mail_server_that_never_answers_is_given_up(
    at_once: bytes, then: bytes, tls: str
) -> None:
    """Its greeting, its answer by bytes, or by lines without an end."""
    with trickling(at_once, then) as port:
        server = MailServer(host="localhost", port=port, tls=tls)
        mail = Email(server, "m@b.example", ["a@b.example"], 60, CLOCK)
        with soon(), pytest.raises(NotSent, match="cannot be used"):
            mail.send(NOTICE)


def test_lines_without_a_pause_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """They take no more memory than an answer may have."""
    monkeypatch.setattr(email_code, "TIMEOUT_S", 60.0)
    with trickling(READY, b"250-more\r\n" * 1000, 0) as port:
        server = MailServer(host="localhost", port=port, tls="none")
        mail = Email(server, "m@b.example", ["a@b.example"], 60, CLOCK)
        with soon(), pytest.raises(NotSent, match="no end"):
            mail.send(NOTICE)


def test_mail_that_was_taken_is_not_sent_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though the server never parts."""
    monkeypatch.setattr(email_code, "TIMEOUT_S", 2.0)
    with post_office(tmp_path) as office:
        office.parts = False
        server = MailServer(
            host="localhost", port=office.port, user="ops", password=RIGHT
        )
        Email(server, "m@b.example", ["a@b.example"], 60, CLOCK, office.trust).send(
            NOTICE
        )
    assert len(office.mails) == 1


def test_a_name_that_is_not_found_in_time_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The resolver's own patience is longer."""
    over, real = threading.Event(), socket.getaddrinfo

    def slow(host: str, *args: int, flags: int = 0, **rest: int) -> object:
        if not flags:
            over.wait(30)
        return real(host, *args, flags=flags, **rest)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with soon(), pytest.raises(NotSent, match="did not answer"):
        Webhook("http://localhost:9", 60, CLOCK).send(NOTICE)
    over.set()


def test_an_address_that_swallows_everything_leaves_the_next_its_time(
    monkeypatch: pytest.MonkeyPatch, there: Place
) -> None:
    """As IPv6 may, where only IPv4 leads anywhere."""
    deaf = socket.create_server(("127.0.0.1", 0), backlog=0)
    waiting = [socket.socket() for _ in range(4)]
    for line in waiting:
        line.setblocking(False)
        line.connect_ex(deaf.getsockname())
    good = int(there.address.rpartition(":")[2])
    ports = [deaf.getsockname()[1], good]
    found = [(2, 1, 6, "", ("127.0.0.1", port)) for port in ports]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    Deadline(CLOCK, 2).connected("both.example", good).close()
    for line in (*waiting, deaf):
        line.close()


@pytest.fixture
def there() -> Iterator[Place]:
    """Give a place to tell."""
    with place() as one:
        yield one


async def test_a_healthy_receiver_is_told_after_a_sick_one(there: Place) -> None:
    """However many messages the sick one held."""
    world = World()
    with trickling(HEAD, b"X: y\r\n") as port:
        webhook = Webhook(f"http://127.0.0.1:{port}", 3600, CLOCK)
        world.teller.send = webhook.send  # type: ignore[method-assign]
        watcher = await world.join("one", 'queue{q="a"} 20\nage 0\nfailures_total 5\n')
        await world.rounds(40)
        tries = [one for one in world.troubles if "not told of Long" in one]
        assert len(tries) > COURIERS
        assert {one.partition(": ")[2] for one in tries} == {"did not answer in 0.4 s"}
    world.teller.send = Webhook(there.address, 3600, CLOCK).send  # type: ignore[method-assign]
    await world.rounds(21)
    assert [one["groupLabels"] for one in there.bodies] == [{"alertname": "Long"}]
    with soon():
        await watcher.stop()


END = """
import sys, threading
from concurrent.futures import ThreadPoolExecutor
from tests.unit.monitoring.test_alert_slow_places import *
post_code.TIMEOUT_S = 0.4
pool = ThreadPoolExecutor(4)
for _ in range(4):
    pool.submit(Webhook(sys.argv[1], 60, CLOCK).send, NOTICE)
"""


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_end_of_the_process_waits_for_nobody(host: str) -> None:
    """Python joins the threads of its pools."""
    with trickling(HEAD, b"X: y\r\n") as port:
        url = f"http://{host}:{port}"
        subprocess.run([sys.executable, "-c", END, url], check=True, timeout=20)
