"""Apache Kafka: one broker that is its own controller (KRaft)."""

import os
import subprocess
from pathlib import Path

from mainstay.testing.servers.maven import jars, release
from mainstay.testing.servers.server import ServerProcess, accepts, free_port, program

MAIN = "kafka.Kafka"
STORAGE = "kafka.tools.StorageTool"
CLUSTER = "bWFpbnN0YXktdGVzdHMtMQ"
"""Any 16 bytes in base64."""

FORMAT_S = 60
SETTINGS = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
log.dirs={data}
auto.create.topics.enable=false
broker.heartbeat.interval.ms=200
broker.session.timeout.ms=1000
controlled.shutdown.enable=false
default.replication.factor=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=500
log.cleaner.enable=false
num.io.threads=2
num.network.threads=2
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
"""
SECURE = """
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller},\
  SECURE://localhost:{secure}
listener.security.protocol.map=\
  PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL
listener.name.secure.ssl.keystore.type=PEM
listener.name.secure.ssl.keystore.location={pem}
listener.name.secure.sasl.enabled.mechanisms=PLAIN
listener.name.secure.plain.sasl.jaas.config=\
  org.apache.kafka.common.security.plain.PlainLoginModule required \
  user_{user}="{password}";
"""
USER = "ada"
PASSWORD = "for-tests"  # noqa: S105 - of a server on loopback that ends with the test


class KafkaServer:
    """Kafka on loopback; its topics, records and offsets outlive a stop.

    Args:
        folder: for its settings, data and log; made when it is missing.
        pem: a file with its key and certificate; with it, a second address
            takes TLS and a password only.

    Raises:
        BackendMissing: Java or Maven is not installed.
    """

    def __init__(self, folder: Path, pem: Path | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port, self.secure_port = free_port(), free_port()
        self._settings = folder / "kafka.properties"
        self._data = folder / "kafka-data"
        template = SETTINGS if pem is None else SETTINGS + SECURE
        text = template.format(
            port=self.port,
            controller=free_port(),
            secure=self.secure_port,
            data=self._data,
            pem=pem,
            user=USER,
            password=PASSWORD,
        )
        self._settings.write_text(text, "utf-8")
        self._java = [
            program("java", "default-jre-headless"),
            *("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            *("-cp", os.pathsep.join(map(str, jars("kafka")))),
        ]
        self.process = ServerProcess(
            f"Apache Kafka {release('kafka')}",
            [*self._java, MAIN, str(self._settings)],
            ready=lambda: accepts(self.port),
            log=folder / "kafka.log",
        )

    def start(self) -> None:
        """Return when it serves."""
        if not self._data.exists():
            self._format()
        self.process.start()

    def stop(self) -> None:
        """End it; what it holds stays."""
        self.process.stop()

    def url(self, topic: str) -> str:
        """Return the QUEUE_URL of a topic, whether or not it exists."""
        return f"kafka://127.0.0.1:{self.port}/{topic}"

    def secure_url(self, topic: str) -> str:
        """Return the same at the second address, with its password."""
        user = f"{USER}:{PASSWORD}"
        return f"kafka+ssl://{user}@localhost:{self.secure_port}/{topic}"

    def _format(self) -> None:
        subprocess.run(  # noqa: S603 - a program of its own jars
            [
                *(*self._java, STORAGE, "format"),
                *("--cluster-id", CLUSTER, "--config", str(self._settings)),
            ],
            check=True,
            capture_output=True,
            timeout=FORMAT_S,
        )
