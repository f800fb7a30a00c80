"""ElasticMQ, a server with the SQS API."""

import os
import signal
from pathlib import Path

from mainstay.testing.servers.maven import jars, release
from mainstay.testing.servers.server import ServerProcess, accepts, free_port, program

MAIN = "org.elasticmq.server.Main"
ACCOUNT = "000000000000"
CONFIG = """
include classpath("application.conf")
rest-sqs {{
  enabled = true, bind-hostname = "127.0.0.1", bind-port = {port}, sqs-limits = strict
}}
rest-stats {{ enabled = false }}
generate-node-address = true
queues-storage {{ enabled = true, path = "{queues}" }}
"""


class ElasticMqServer:
    """ElasticMQ on loopback; its queues outlive a stop, its messages do not.

    Args:
        folder: for its settings, queues and log; made when it is missing.

    Raises:
        BackendMissing: Java or Maven is not installed.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        config = folder / "elasticmq.conf"
        queues = folder / "queues.conf"
        config.write_text(CONFIG.format(port=self.port, queues=queues), "utf-8")
        self.process = ServerProcess(
            f"ElasticMQ {release('elasticmq')}",
            [
                program("java", "default-jre-headless"),
                *("-Xmx256m", "-XX:+UseSerialGC", f"-Dconfig.file={config}"),
                *("-cp", os.pathsep.join(map(str, jars("elasticmq"))), MAIN),
            ],
            ready=lambda: accepts(self.port),
            log=folder / "elasticmq.log",
            # Asked politely it takes up to 20 s, and has nothing to save.
            stop_signal=signal.SIGKILL,
        )

    def start(self) -> None:
        """Return when it serves."""
        self.process.start()

    def stop(self) -> None:
        """End it."""
        self.process.stop()

    def url(self, queue: str) -> str:
        """Return the URL of a queue, whether or not it exists."""
        return f"http://127.0.0.1:{self.port}/{ACCOUNT}/{queue}"
