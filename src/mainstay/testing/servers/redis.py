"""A Redis server from the system's packages."""

import socket
from pathlib import Path

from mainstay.testing.servers.server import ServerProcess, free_port, program, version

PASSWORD = "for-tests"  # noqa: S105 - of a server on loopback that ends with the test

ANSWER_S = 5.0


class RedisServer:
    """Redis as a cache: it keeps nothing on disk, and asks for a password.

    Args:
        folder: for its log.

    Raises:
        BackendMissing: Redis is not installed.
    """

    def __init__(self, folder: Path) -> None:
        binary = program("redis-server", "redis-server")
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.process = ServerProcess(
            f"Redis {version(binary)}",
            [
                *(binary, "--port", str(self.port), "--bind", "127.0.0.1"),
                *("--requirepass", PASSWORD, "--save", "", "--appendonly", "no"),
                *("--dir", str(folder), "--daemonize", "no"),
            ],
            ready=self._answers,
            log=folder / "redis.log",
        )

    @property
    def url(self) -> str:
        """Its address, with its password."""
        return f"redis://:{PASSWORD}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Return when it answers; it knows nothing."""
        self.process.start()

    def stop(self) -> None:
        """End it, and with it all that it knows."""
        self.process.stop()

    def run(self, *words: str) -> str:
        """Return the answer to a command as the protocol has it.

        Raises:
            OSError: nobody answers.
        """
        lines = [f"AUTH {PASSWORD}", " ".join(words), "QUIT"]
        with socket.create_connection(("127.0.0.1", self.port), ANSWER_S) as wire:
            wire.sendall("".join(f"{line}\r\n" for line in lines).encode())
            told = b"".join(iter(lambda: wire.recv(65_536), b""))
        return told.decode()

    def _answers(self) -> bool:
        try:
            return "+PONG" in self.run("PING")
        except OSError:
            return False
