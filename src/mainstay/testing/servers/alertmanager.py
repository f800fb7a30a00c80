"""An Alertmanager from the system's packages, which tells one webhook at once."""

import subprocess
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from mainstay.testing.servers.server import ServerProcess, free_port, program, version

PACKAGE = "prometheus-alertmanager"
ANSWER_S = 5.0
TOOL_S = 60.0
CONFIG = """
route:
  receiver: webhook
  # Every alert alone, at once, and again only when it changes.
  group_by: ["..."]
  group_wait: 0s
  group_interval: 1s
  repeat_interval: 24h
receivers:
  - name: webhook
    webhook_configs: [{{url: "{webhook}", send_resolved: true}}]
"""


class AlertmanagerServer:
    """One Alertmanager without a cluster.

    Args:
        folder: for its data, its settings and its log.
        webhook: the address that is told.

    Raises:
        BackendMissing: Alertmanager is not installed.
    """

    def __init__(self, folder: Path, webhook: str) -> None:
        binary = program("prometheus-alertmanager", PACKAGE)
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        config = folder / "alertmanager.yml"
        config.write_text(CONFIG.format(webhook=webhook), "utf-8")
        self.process = ServerProcess(
            f"Alertmanager {version(binary)}",
            [
                *(binary, f"--config.file={config}"),
                f"--storage.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{self.port}",
                "--cluster.listen-address=",
            ],
            ready=self._answers,
            log=folder / "alertmanager.log",
        )

    @property
    def address(self) -> str:
        """Its host and port."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Return when it is ready."""
        self.process.start()

    def stop(self) -> None:
        """End it; its data stays."""
        self.process.stop()

    def _answers(self) -> bool:
        url = f"http://{self.address}/-/ready"
        try:
            with urlopen(url, timeout=ANSWER_S) as got:
                return got.status == 200
        except (URLError, OSError):
            return False


def amtool(*words: str) -> tuple[int, str]:
    """Return the exit code of Alertmanager's tool, and all that it printed.

    Raises:
        BackendMissing: Alertmanager is not installed.
    """
    done = subprocess.run(  # noqa: S603 - the package's own tool
        [program("amtool", PACKAGE), *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=TOOL_S,
    )
    return done.returncode, done.stdout + done.stderr
