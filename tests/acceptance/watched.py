"""A Prometheus and an Alertmanager that watch what a test runs."""

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.acceptance.hurried import TIMES, hurried
from tests.acceptance.pager import Pager, listening
from tests.acceptance.server import Server

from mainstay.monitoring.alerts import SHIPPED
from mainstay.testing.servers.alertmanager import AlertmanagerServer
from mainstay.testing.servers.prometheus import PrometheusServer

DOCS = "https://docs.example/"


@dataclass(frozen=True)
class Watch:
    """Who watches, and who is told.

    Args:
        prometheus: scrapes and looks at the rules, in a hurry.
        pager: hears what Alertmanager says.
    """

    prometheus: PrometheusServer
    pager: Pager

    def scrape(self, *servers: Server) -> None:
        """Scrape these servers from now on, and no others."""
        self.prometheus.scrape([urlsplit(one.address).netloc for one in servers])

    def told(self, name: str) -> dict[str, Any]:
        """Return the one alert of a name that fires; its link is its runbook."""
        (alert,) = self.pager.last(name, "firing")
        link = alert["annotations"]["runbook_url"]
        assert link == f"{DOCS}docs/runbooks/{name}.md"
        assert "{{" not in str(alert["annotations"])
        return alert


@contextmanager
def watching(folder: Path, times: int = TIMES) -> Generator[Watch]:
    """Give a watch over nothing yet, whose rules are so many times faster."""
    folder.mkdir(parents=True, exist_ok=True)
    quick = folder / "rules.yml"
    quick.write_text(hurried(SHIPPED.read_text(), times))
    with ExitStack() as stack:
        pager = stack.enter_context(listening())
        alertmanager = AlertmanagerServer(folder / "alertmanager", pager.address)
        alertmanager.start()
        stack.callback(alertmanager.stop)
        prometheus = PrometheusServer(
            folder / "prometheus", quick, alertmanager.address, DOCS
        )
        prometheus.start()
        stack.callback(prometheus.stop)
        yield Watch(prometheus, pager)
