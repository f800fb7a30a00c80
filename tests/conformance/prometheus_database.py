"""A real Prometheus over samples that were made up."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

from tests.conformance.promql_world import Line

from mainstay.monitoring.alerting.evaluation import Vector
from mainstay.monitoring.alerting.expression import NAME
from mainstay.testing.servers.server import (
    ServerProcess,
    accepts,
    free_port,
    program,
    version,
)

KEPT = "100y"
BLOCK = "162h"
"""promtool reads all samples once a block, so that one long block is made quickly."""


class PrometheusDatabase:
    """Answers queries at any moment of the past.

    Args:
        folder: for its data.
        lines: the series that it has.

    Raises:
        BackendMissing: Prometheus is not installed.
    """

    def __init__(self, folder: Path, lines: Sequence[Line]) -> None:
        binary = program("prometheus", "prometheus")
        self._port = free_port()
        (folder / "none.yml").write_text("scrape_configs: []\n")
        (folder / "told.txt").write_text(_open_metrics(lines))
        subprocess.run(
            [
                *(program("promtool", "prometheus"), "tsdb", "create-blocks-from"),
                *("openmetrics", "--quiet", f"--max-block-duration={BLOCK}"),
                folder / "told.txt",
                folder / "data",
            ],
            check=True,
        )
        self.process = ServerProcess(
            f"Prometheus {version(binary)}",
            [
                *(binary, f"--config.file={folder / 'none.yml'}"),
                f"--storage.tsdb.path={folder / 'data'}",
                f"--storage.tsdb.retention.time={KEPT}",
                f"--web.listen-address=127.0.0.1:{self._port}",
            ],
            ready=self._is_ready,
            log=folder / "prometheus.log",
        )

    def evaluate(self, expression: str, now_s: float) -> Vector | None:
        """Return what it finds at a moment; None where it refuses."""
        asked = urlencode({"query": expression, "time": f"{now_s:.3f}"})
        url = f"http://127.0.0.1:{self._port}/api/v1/query?{asked}"
        try:
            with urlopen(url, timeout=30) as answer:
                told = json.load(answer)["data"]
        except HTTPError as error:
            if error.code not in {400, 422}:
                raise
            return None
        if told["resultType"] == "scalar":
            return {(): float(told["result"][1])}
        return {
            tuple(sorted(one["metric"].items())): float(one["value"][1])
            for one in told["result"]
        }

    def _is_ready(self) -> bool:
        if not accepts(self._port):
            return False
        try:
            with urlopen(f"http://127.0.0.1:{self._port}/-/ready", timeout=5):
                return True
        except (HTTPError, OSError):
            return False


def _open_metrics(lines: Sequence[Line]) -> str:
    """Return samples as Prometheus imports them: a metric's series together."""
    told: list[str] = []
    for name in sorted({line.labels[NAME] for line in lines}):
        told.append(f"# TYPE {name} unknown")
        for line in lines:
            if line.labels[NAME] == name:
                told += [f"{line.written} {v!r} {at:.3f}" for at, v in line.samples]
    return "\n".join([*told, "# EOF", ""]).replace(" nan ", " NaN ")
