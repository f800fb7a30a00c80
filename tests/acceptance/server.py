"""A Mainstay server and a stand-in for Claude, as separate processes see them."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

KEY = "acceptance-key-acceptance-key-acceptance"


@dataclass(frozen=True)
class Server:
    """A running server.

    Args:
        address: where it listens.
        folder: its data.
        process: itself.
    """

    address: str
    folder: Path
    process: subprocess.Popen[str]

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str = KEY,
        raw: bytes | None = None,
        **headers: str,
    ) -> tuple[int, Any, dict[str, str]]:
        """Make a request; return status, decoded body and headers."""
        data = raw if body is None else json.dumps(body).encode()
        given = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        request = Request(self.address + path, data, given, method=method)
        try:
            with urlopen(request, timeout=40) as got:
                return got.status, _decoded(got.read()), dict(got.headers.items())
        except HTTPError as error:
            return error.code, _decoded(error.read()), dict(error.headers.items())

    def open(self, customer_id: str = "demo") -> str:
        """Open a conversation; return its id."""
        status, body, _ = self.call(
            "POST", "/v1/conversations", {"customer_id": customer_id}
        )
        assert status == 201, body
        return body["id"]

    def say(self, conversation_id: str, text: str, wait: float = 28) -> Any:
        """Post a message and wait for the reply; return the answer."""
        path = f"/v1/conversations/{conversation_id}/messages?wait={wait}"
        status, body, _ = self.call("POST", path, {"text": text})
        assert status in (200, 202), body
        return body

    def ask(self, text: str, customer_id: str = "demo") -> Any:
        """Ask in a new conversation; return the reply."""
        answer = self.say(self.open(customer_id), text)
        assert answer["status"] == "answered", answer
        return answer["reply"]

    def stop(self) -> int:
        """End it by SIGTERM; return its exit code."""
        self.process.terminate()
        return self.process.wait(60)


def _decoded(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return data


@contextmanager
def serving(
    folder: Path,
    model_address: str,
    *roles: str,
    agent: str | None = None,
    log: Path | None = None,
    within: Sequence[str] = (),
    **settings: str,
) -> Generator[Server]:
    """Run ``mainstay serve``; its settings are the arguments, ``log`` takes its log.

    ``within`` is a command that becomes the one which is appended to it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    program = [*within, sys.executable, "-m", "mainstay"]
    command = [*program, "serve", *(roles or ("all",))]
    if agent is not None:
        command += ["--agent", agent]
    env = {
        **{k: v for k, v in os.environ.items() if k in ("PATH", "PYTHONPATH", "HOME")},
        "ANTHROPIC_API_KEY": "stand-in",
        "ANTHROPIC_BASE_URL": model_address,
        "API_PORT": "0",
        "LOG_LEVEL": "ERROR",
        "MAINSTAY_BOOTSTRAP_KEY": KEY,
        "MAINSTAY_DATA": str(folder),
        **settings,
    }
    with (log or Path(os.devnull)).open("w") as file:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=env,
            stdout=subprocess.PIPE,
            stderr=None if log is None else file,
            text=True,
        )
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.search(r"http://[\w.:]+", line)
    assert found, f"not ready: {line}"
    try:
        yield Server(found.group(), folder, process)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stdout.close()


@dataclass(frozen=True)
class StandIn:
    """The stand-in for Claude, and its faults.

    Args:
        address: where it is.
    """

    address: str

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Set or read faults, scripts and calls."""
        data = None if body is None else json.dumps(body).encode()
        request = Request(self.address + path, data, method=method)
        with urlopen(request, timeout=10) as got:
            return _decoded(got.read())

    def fail(self, **by_model: Any) -> None:
        """Set faults by model: ``primary``, ``fallback`` or ``every``."""
        names = {"primary": PRIMARY, "fallback": FALLBACK, "every": "*"}
        self.control("PUT", "/faults", {names[m]: f for m, f in by_model.items()})

    def calls_of(self, model: str) -> int:
        """Return how often a model was called."""
        return self.control("GET", "/calls")["per_model"].get(model, 0)

    def heal(self) -> None:
        """Take all faults, scripts and calls away."""
        for path in ("/faults", "/script", "/keys", "/calls"):
            self.control("DELETE", path)


PRIMARY, FALLBACK = "claude-sonnet-5-5", "claude-haiku-5-5"
