"""The checklist's test alert, by a real Alertmanager: who must have taken it."""

import socket
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from tests.acceptance.pager import listening
from typing_extensions import override

from mainstay.checklist import alertmanager
from mainstay.checklist.alertmanager import Alertmanager
from mainstay.checklist.web import ask
from mainstay.domain.errors import MainstayError
from mainstay.system.clock import SystemClock
from mainstay.system.ids import SystemIds
from mainstay.testing.servers.alertmanager import AlertmanagerServer
from mainstay.testing.servers.server import free_port


class Refusing(BaseHTTPRequestHandler):
    """Takes nothing."""

    def do_POST(self) -> None:
        """Say so."""
        self.rfile.read(int(self.headers["content-length"]))
        self.send_error(500)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Be quiet."""


@contextmanager
def refusing() -> Generator[str]:
    """Give the address of a receiver that answers 500."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


async def page(folder: Path, webhook: str) -> str:
    """Let an Alertmanager with that receiver pass a test alert on."""
    server = AlertmanagerServer(folder, webhook)
    server.start()
    try:
        url = f"http://{server.address}"
        return await Alertmanager(url, ask, SystemIds(), SystemClock()).page()
    finally:
        server.stop()


async def test_who_took_it_is_named(tmp_path: Path) -> None:
    """The receiver has it when the check says so."""
    with listening() as pager:
        told = await page(tmp_path, pager.address)
        assert told == "by Alertmanager to webhook"
        assert pager.said("MainstayTestAlert")


async def test_a_receiver_that_is_dead_has_not_taken_it(tmp_path: Path) -> None:
    """Alertmanager counts a notification before it tries, and tries for minutes."""
    with pytest.raises(MainstayError, match="could not pass a test alert on"):
        await page(tmp_path, f"http://127.0.0.1:{free_port()}/")


async def test_a_receiver_that_refuses_has_not_taken_it(tmp_path: Path) -> None:
    """It is tried again, too."""
    with (
        refusing() as webhook,
        pytest.raises(MainstayError, match="could not pass a test alert on"),
    ):
        await page(tmp_path, webhook)


async def test_a_receiver_that_hangs_has_not_taken_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody has answered within the time."""
    monkeypatch.setattr(alertmanager, "SENT_S", 3.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        webhook = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(MainstayError, match="passed no test alert on"):
            await page(tmp_path, webhook)
