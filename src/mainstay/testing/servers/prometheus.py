"""A Prometheus server from the system's packages, and its tool that tests rules."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

from mainstay.testing.servers.server import ServerProcess, free_port, program, version

PACKAGE = "prometheus"
ANSWER_S = 5.0
TOOL_S = 60.0
CONFIG = """
global:
  scrape_interval: 1s
  scrape_timeout: 1s
  evaluation_interval: 1s
  external_labels: {{mainstay_docs: "{docs}"}}
rule_files: ["{rules}"]
scrape_configs:
  - job_name: mainstay
    file_sd_configs: [{{files: ["{targets}"], refresh_interval: 1s}}]
alerting:
  alert_relabel_configs: [{{regex: mainstay_docs, action: labeldrop}}]
  alertmanagers: [{{static_configs: [{{targets: [{alertmanager}]}}]}}]
"""


class PrometheusServer:
    """Prometheus that scrapes, and looks at its rules, once a second.

    Args:
        folder: for its data, its settings and its log.
        rules: the file of its rules.
        alertmanager: host and port of who is told of alerts; "" for nobody.
        docs: the external label ``mainstay_docs``.

    Raises:
        BackendMissing: Prometheus is not installed.
    """

    def __init__(
        self, folder: Path, rules: Path, alertmanager: str = "", docs: str = ""
    ) -> None:
        binary = program("prometheus", PACKAGE)
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self._targets = folder / "targets.json"
        self.scrape([])
        config = folder / "prometheus.yml"
        config.write_text(
            CONFIG.format(
                rules=rules,
                targets=self._targets,
                alertmanager=f'"{alertmanager}"' if alertmanager else "",
                docs=docs,
            ),
            "utf-8",
        )
        self.process = ServerProcess(
            f"Prometheus {version(binary)}",
            [
                *(binary, f"--config.file={config}"),
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{self.port}",
            ],
            ready=self._answers,
            log=folder / "prometheus.log",
        )

    def start(self) -> None:
        """Return when it is ready."""
        self.process.start()

    def stop(self) -> None:
        """End it; its data stays."""
        self.process.stop()

    def scrape(self, addresses: Sequence[str]) -> None:
        """Scrape these hosts and ports, and no others, from within a second on."""
        beside = self._targets.with_suffix(".new")
        beside.write_text(json.dumps([{"targets": list(addresses)}]), "utf-8")
        beside.replace(self._targets)

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Return the samples of an instant query: ``metric`` and ``value`` of each."""
        told = self._get(f"query?{urlencode({'query': expression})}")
        return told["result"]

    def alerts(self) -> list[dict[str, Any]]:
        """Return alerts that are pending or firing, with ``labels`` and ``state``."""
        return self._get("alerts")["alerts"]

    def _get(self, path: str) -> Any:
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}"
        with urlopen(url, timeout=ANSWER_S) as got:
            return json.load(got)["data"]

    def _answers(self) -> bool:
        url = f"http://127.0.0.1:{self.port}/-/ready"
        try:
            with urlopen(url, timeout=ANSWER_S) as got:
                return got.status == 200
        except (URLError, OSError):
            return False


def promtool(*words: str) -> tuple[int, str]:
    """Return the exit code of Prometheus's tool, and all that it printed.

    Raises:
        BackendMissing: Prometheus is not installed.
    """
    done = subprocess.run(  # noqa: S603 - the package's own tool
        [program("promtool", PACKAGE), *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=TOOL_S,
    )
    return done.returncode, done.stdout + done.stderr
