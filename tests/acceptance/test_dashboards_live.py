"""Every query of every dashboard, on what a real Prometheus scrapes of us, running."""

import json
import math
import re
import threading
import time
from collections.abc import Generator, Iterable
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.acceptance.server import Server, StandIn
from tests.acceptance.shared import cluster
from typing_extensions import override

from mainstay.monitoring.telemetry import Monitoring
from mainstay.ports.author_events import ErrorRecorded, LatencyRecorded
from mainstay.ports.front_events import RequestServed
from mainstay.ports.model_events import (
    ModelAwaited,
    ModelHedged,
    ModelLimitMoved,
    PoolChanged,
    PoolRead,
)
from mainstay.ports.telemetry import (
    BreakerChanged,
    CacheBypassed,
    LimitReached,
    RequestShed,
    TelemetryDropped,
    TelemetryEvent,
    ToolCalled,
    Trouble,
)
from mainstay.ports.turn_events import Escalated, HandedOff
from mainstay.testing.servers.prometheus import PrometheusServer, promtool

ROOT = Path(__file__).parents[2]
RULES = ROOT / "deploy" / "alerts" / "rules.yml"

RATE_INTERVAL = "15s"
"""What Grafana makes of ``$__rate_interval`` where a scrape comes each second."""

PATIENCE_S = 60.0

SELECTOR = re.compile(r"mainstay_\w+\{[^}]*\}")

CAUSES: dict[str, TelemetryEvent] = {
    'mainstay_breaker_state{breaker=~"tool': BreakerChanged("tool/refund", "open"),
    "mainstay_breaker_state": BreakerChanged("anthropic/main/claude", "open"),
    "mainstay_cache_bypasses_total": CacheBypassed("limit"),
    "mainstay_custom_errors_total": ErrorRecorded("Timeout", {}),
    "mainstay_custom_latency_seconds": LatencyRecorded("look_up", 12.0),
    "mainstay_escalations_total": Escalated("turn_1", "level_4"),
    "mainstay_handoffs_total": HandedOff("conv_1", "operator"),
    'mainstay_http_requests_total{method="POST", status="503"': RequestServed(
        "POST", "/v1/conversations", 503, 1.0
    ),
    "mainstay_limits_reached_total": LimitReached("turn_1", "day_usd"),
    "mainstay_model_concurrency_limit": ModelLimitMoved("claude", 8, "slow"),
    "mainstay_model_hedges_total": ModelHedged("turn_1", "claude", "second"),
    "mainstay_model_pool_left": PoolRead("claude", 0.9, 0.8, 0.7),
    "mainstay_model_pool_state": PoolChanged("claude", "low"),
    "mainstay_model_waits_total": ModelAwaited("turn_1", "claude", "admitted", 5.0),
    "mainstay_requests_shed_total": RequestShed("read", "loop"),
    "mainstay_telemetry_dropped_total": TelemetryDropped("spans", 1),
    'mainstay_tool_calls_total{outcome!~"ToolDone|Approval"': ToolCalled(
        "turn_1", "refund", "ToolDoubt", 20.0
    ),
    "mainstay_troubles_total": Trouble("gauges", "away"),
}
"""What may be empty when all is well, and what makes it so no longer."""

DATED = "mainstay_model_retires_in_seconds"
"""Is there for models that have a date."""


@dataclass(frozen=True, slots=True)
class Query:
    """What one line or figure asks."""

    where: str
    text: str


def queries() -> list[Query]:
    """Return every query of every dashboard, as Grafana would send it.

    One that says what to show where there is nothing finds something in any case: what
    it selects is asked for by itself too.
    """
    found: list[Query] = []
    for file in sorted((ROOT / "deploy" / "dashboards").glob("*.json")):
        board = json.loads(file.read_text())
        for panel in board["panels"]:
            for target in panel.get("targets", ()):
                text = target["expr"].replace("$__rate_interval", RATE_INTERVAL)
                where = f"{board['title']}: {panel['title']}"
                found.append(Query(where, text))
                if " or " in text:
                    found += [Query(where, one) for one in SELECTOR.findall(text)]
    return found


def may_be_empty(query: Query) -> bool:
    """Tell whether a query finds nothing when all is well."""
    return any(name in query.text for name in (*CAUSES, DATED))


@dataclass(frozen=True, slots=True)
class Watched:
    """A running system, and the Prometheus that watches it."""

    prometheus: PrometheusServer
    addresses: list[str]

    def unanswered(self, wanted: Iterable[Query]) -> list[Query]:
        """Return the queries that find nothing but what is no number, for a minute."""
        until_s = time.monotonic() + PATIENCE_S
        left = list(wanted)
        while left and time.monotonic() < until_s:
            time.sleep(1)
            left = [one for one in left if not self._answered(one)]
        return left

    def _answered(self, query: Query) -> bool:
        found = self.prometheus.query(query.text)
        return any(math.isfinite(float(one["value"][1])) for one in found)


@contextmanager
def traffic(gateway: Server) -> Generator[None]:
    """Have customers ask and get refunds, until the end."""
    ended = threading.Event()
    failed: list[Exception] = []

    def ask() -> None:
        count = 0
        while not ended.is_set():
            count += 1
            try:
                talk = gateway.open(f"customer_{count}")
                gateway.say(talk, "where is order 1042?")
                gateway.say(talk, "I want a refund for order 1042")
            except (AssertionError, OSError) as error:
                failed.append(error)
                return

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield
    finally:
        ended.set()
        asking.join(60)
    assert failed == []


@contextmanager
def troubled() -> Generator[str]:
    """Serve the metrics of a process that everything happens to, at each scrape."""
    monitoring = Monitoring("CRITICAL")
    monitoring.state.set_retirement("claude", 90 * 86_400)

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            for event in CAUSES.values():
                monitoring.emit(event)
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(monitoring.render())

        @override
        def log_message(self, *_: object) -> None:
            """Be quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def watched(
    tmp_path_factory: pytest.TempPathFactory, stand_in_address: str
) -> Generator[Watched]:
    """Give a gateway and a worker with customers, scraped once a second."""
    folder = tmp_path_factory.mktemp("watched")
    stand_in = StandIn(stand_in_address)
    stand_in.heal()
    with ExitStack() as stack:
        site = stack.enter_context(cluster(folder, stand_in))
        gateway, worker = site.start("gateway"), site.start("worker")
        prometheus = PrometheusServer(folder / "prometheus", RULES)
        prometheus.start()
        stack.callback(prometheus.stop)
        addresses = [one.address.partition("//")[2] for one in (gateway, worker)]
        prometheus.scrape(addresses)
        stack.enter_context(traffic(gateway))
        yield Watched(prometheus, addresses)


@pytest.mark.timeout(240)
def test_every_query_finds_something_where_all_is_well(watched: Watched) -> None:
    """It parses, its metrics are there, and its labels are those they have."""
    wanted = [one for one in queries() if not may_be_empty(one)]
    assert watched.unanswered(wanted) == []


@pytest.mark.timeout(240)
def test_the_others_find_something_once_there_is_a_cause(watched: Watched) -> None:
    """An event of that kind is all it takes."""
    rare = [one for one in queries() if may_be_empty(one)]
    assert rare
    with troubled() as address:
        watched.prometheus.scrape([*watched.addresses, address])
        assert watched.unanswered(rare) == []


def test_no_cause_is_without_its_query() -> None:
    """The list is as short as it can be."""
    every = [one.text for one in queries()]
    assert [name for name in CAUSES if not any(name in one for one in every)] == []


def test_the_settings_that_compose_gives_prometheus_are_settings() -> None:
    """By the word of its own tool."""
    file = ROOT / "deploy" / "prometheus" / "prometheus.yml"
    code, told = promtool("check", "config", "--syntax-only", str(file))
    assert code == 0, told
