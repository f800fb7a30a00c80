"""A RabbitMQ server from the system's packages."""

import os
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

from mainstay.testing.servers.server import ServerProcess, accepts, free_port, program

FOLDER = "/usr/lib/rabbitmq/bin"
"""Where packages put the scripts; what they put on PATH runs as one user only."""

NODE = "mainstay@localhost"
USER, PASSWORD = "mainstay", "for-tests"
CONTROL_S = 30.0
ANSWER_S = 5.0
CONFIG = """
listeners.tcp.1 = 127.0.0.1:{port}
default_user = {user}
default_pass = {password}
disk_free_limit.absolute = 50MB
log.console = true
log.console.level = warning
"""


class RabbitMqServer:
    """One RabbitMQ node on loopback; its queues and messages outlive a stop.

    It shares nothing with an instance of the system: its own name service (epmd),
    cookie, settings and folders, and no plugins.

    Args:
        folder: for all of that; made when it is missing.

    Raises:
        BackendMissing: RabbitMQ or Erlang is not installed.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        binary = program("rabbitmq-server", "rabbitmq-server", FOLDER)
        self._control = program("rabbitmqctl", "rabbitmq-server", FOLDER)
        self.port, names, nodes = free_port(), free_port(), free_port()
        self._env = _environment(folder, names, nodes)
        config = CONFIG.format(port=self.port, user=USER, password=PASSWORD)
        (folder / "rabbitmq.conf").write_text(config, "utf-8")
        (folder / "enabled_plugins").write_text("[].\n", "utf-8")
        self._names = ServerProcess(
            "epmd",
            [program("epmd", "erlang-base"), "-port", str(names)],
            ready=lambda: accepts(names),
            log=folder / "epmd.log",
            env={"ERL_EPMD_ADDRESS": "127.0.0.1"},
        )
        self.process = ServerProcess(
            "RabbitMQ",
            [binary],
            ready=self._answers,
            log=folder / "rabbitmq.log",
            env=self._env,
        )

    def start(self) -> None:
        """Return when it accepts connections."""
        self._names.start()
        self.process.start()

    def stop(self) -> None:
        """End it; its data stays."""
        self.process.stop()
        self._names.stop()

    def url(self, queue: str = "") -> str:
        """Return the address of a queue, whether or not it exists."""
        base = f"amqp://{USER}:{PASSWORD}@127.0.0.1:{self.port}/%2F"
        return f"{base}?queue={queue}" if queue else base

    def control(self, *words: str) -> str:
        """Return what rabbitmqctl prints; takes a second or two."""
        done = subprocess.run(  # noqa: S603 - the server's own command
            [self._control, "-q", "-n", NODE, *words],
            env={**os.environ, **self._env},
            cwd="/",
            check=True,
            capture_output=True,
            text=True,
            timeout=CONTROL_S,
        )
        return done.stdout

    def _answers(self) -> bool:
        """Tell whether it answers the protocol: it listens before it serves."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), ANSWER_S) as wire:
                wire.sendall(b"AMQP\x00\x00\x09\x01")
                return wire.recv(1) == b"\x01"
        except OSError:
            return False


def _environment(folder: Path, names: int, nodes: int) -> Mapping[str, str]:
    """Return what keeps a node to a folder and to ports of its own."""
    return {
        "HOME": str(folder),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_EPMD_PORT": str(names),
        "RABBITMQ_NODENAME": NODE,
        "RABBITMQ_DIST_PORT": str(nodes),
        "RABBITMQ_BASE": str(folder),
        "RABBITMQ_CONF_ENV_FILE": str(folder / "no-environment"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
        "RABBITMQ_GENERATED_CONFIG_DIR": str(folder / "config"),
        "RABBITMQ_SCHEMA_DIR": str(folder / "schema"),
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_PID_FILE": str(folder / "pid"),
        # In the foreground, and this process itself takes the signals.
        "RUNNING_UNDER_SYSTEMD": "true",
    }
