"""A scrape of a running system: every metric of the page is there, in every role."""

import re
import time
from collections.abc import Generator
from pathlib import Path

import pytest
from tests.acceptance.server import PRIMARY, Server, StandIn
from tests.acceptance.shared import Cluster, cluster

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "telemetry.md"
SECRET = "a secret of the tests, 32 bytes long"  # noqa: S105 - nobody's
PATIENCE_S = 20.0

AGENT = '''
from mainstay import Agent, ToolContext, record_error, record_latency, record_metric

agent = Agent(name="Recorder", instructions="Help.", contact="r@example.com")


@agent.tool(effect=True, once="keyed")
async def pay(ctx: ToolContext, amount: str) -> dict:
    """Pay."""
    record_latency("bank", 12.5)
    record_error("bank_slow", {"bank": "b1"})
    record_metric("paid", 4, {"currency": "eur"})
    return {"paid": amount}
'''


class System:
    """Two gateway processes, a worker and a tool service; PostgreSQL and Redis.

    Args:
        shared: what they share.
        folder: where the agent is.
    """

    def __init__(self, shared: Cluster, folder: Path) -> None:
        file = folder / "recorder.py"
        file.write_text(AGENT)
        agent = {"MAINSTAY_AGENT": f"{file}:agent", "MAINSTAY_TOOLS_SECRET": SECRET}
        self.tools = shared.start("tools", **agent)
        apart = {"TOOLS_URL": f"{self.tools.address}/mcp"}
        self.worker = shared.start("worker", **agent, **apart)
        self.gateway = shared.start("gateway", **agent, **apart, API_WORKERS="2")

    def page(self, server: Server) -> str:
        """Return a server's metrics."""
        status, page, headers = server.call("GET", "/metrics")
        assert status == 200
        assert (
            "text/plain" in {k.lower(): v for k, v in headers.items()}["content-type"]
        )
        return page.decode()


@pytest.fixture(scope="module")
def system(
    tmp_path_factory: pytest.TempPathFactory, stand_in_address: str
) -> Generator[System]:
    """Give a system that has answered one message, with an effect."""
    folder, stand_in = tmp_path_factory.mktemp("metrics"), StandIn(stand_in_address)
    stand_in.heal()
    call = {"name": "pay", "input": {"amount": "5"}}
    script = [{"tool_use": [call]}, {"text": "Paid."}]
    stand_in.control("PUT", "/script", {PRIMARY: script})
    with cluster(folder, stand_in) as shared:
        system = System(shared, folder)
        answer = system.gateway.say(system.gateway.open("ada"), "Pay 5, please")
        assert answer["reply"]["fallback_level"] == 0
        yield system


def total(page: str, name: str, **labels: str) -> float:
    """Return the sum of the series of a metric that have these labels."""
    found = re.findall(rf"^{name}(?:{{(.*)}})? (\S+)$", page, re.MULTILINE)
    wanted = [f'{key}="{value}"' for key, value in labels.items()]
    return sum(float(v) for told, v in found if all(one in told for one in wanted))


def types(*pages: str) -> set[str]:
    """Return the names that pages give a type, those of creation times apart."""
    found = re.findall(r"^# TYPE (mainstay_\w+)", "".join(pages), re.MULTILINE)
    return {name for name in found if not name.endswith("_created")}


def test_no_metric_of_the_page_is_a_phantom(system: System) -> None:
    """What it names is scraped somewhere, and what is scraped it names."""
    table = re.findall(r"^\| `(mainstay_\w+)` \|", PAGE.read_text(), re.MULTILINE)
    servers = (system.gateway, system.worker, system.tools)
    until_s, named = time.monotonic() + PATIENCE_S, set(table)
    while time.monotonic() < until_s:
        scraped = types(*map(system.page, servers))
        if named <= scraped:
            break
    assert scraped - {"mainstay_custom_paid"} == named


def test_each_role_tells_what_it_did(system: System) -> None:
    """The gateway of requests, the worker of turns and models, the service of tools."""
    gateway, worker = system.page(system.gateway), system.page(system.worker)
    tools = system.page(system.tools)
    assert total(gateway, "mainstay_accepts_total", outcome="stored") == 1
    assert total(gateway, "mainstay_accept_duration_seconds_count") == 1
    route = "/v1/conversations/{id}/messages"
    assert total(gateway, "mainstay_http_requests_total", route=route) == 1
    assert total(worker, "mainstay_answer_duration_seconds_count", level="0") == 1
    # What it never gave is 0 from the start, so that the first one is an increase.
    none = 'mainstay_answer_duration_seconds_count{level="4"} 0.0'
    assert (none in worker, none in gateway) == (True, False)
    assert total(worker, "mainstay_first_token_seconds_count", model=PRIMARY) >= 1
    for kind in ("input", "output"):
        assert total(worker, "mainstay_model_tokens_total", kind=kind) > 0
    assert total(worker, "mainstay_model_cost_usd_total", model=PRIMARY) > 0
    for state in ("intended", "committed"):
        assert total(worker, "mainstay_effects_total", tool="pay", state=state) == 1
    assert total(worker, "mainstay_pool_wait_seconds_count", pool="postgres") > 0
    assert total(tools, "mainstay_custom_latency_seconds_count", operation="bank") == 1
    assert total(tools, "mainstay_custom_errors_total", type="bank_slow") == 1
    assert total(tools, "mainstay_custom_paid", currency="eur") == 4
    assert total(worker, "mainstay_custom_errors_total") == 0
    for page in (gateway, worker, tools):
        assert total(page, "mainstay_event_loop_lag_seconds_count") > 0
        assert total(page, "mainstay_build_info") >= 1
        assert total(page, "process_resident_memory_bytes") > 0


def test_each_gateway_process_has_its_own_series(system: System) -> None:
    """Nothing is summed twice: each series has its process, types are said once."""
    for process in ("0", "1"):
        _until(system, "mainstay_gateways", 2, process=process)
        _until(system, "mainstay_workers", 1, process=process)
    page = system.page(system.gateway)
    for process in ("0", "1"):
        assert total(page, "mainstay_disk_free_bytes", process=process) > 0
    for name in types(page):
        assert len(re.findall(rf"^# TYPE {name} ", page, re.MULTILINE)) == 1, name
    sampled = [line for line in page.splitlines() if line and line[0] != "#"]
    assert all('process="' in line for line in sampled)


def test_figures_of_the_deployment_follow_it(system: System) -> None:
    """A worker that leaves is missed in each process; a handoff counts in one.

    The last test of this system: its worker does not come back.
    """
    system.worker.stop()
    _until(system, "mainstay_workers", 0)
    _until(system, "mainstay_gateways", 2, process="1")
    status, _, _ = system.gateway.call(
        "POST", f"/v1/conversations/{system.gateway.open('bob')}/handoff", {}
    )
    assert status == 200
    page = system.page(system.gateway)
    assert total(page, "mainstay_handoffs_total", cause="operator") == 1


def _until(system: System, name: str, value: float, **labels: str) -> None:
    until_s = time.monotonic() + PATIENCE_S
    while (found := total(system.page(system.gateway), name, **labels)) != value:
        assert time.monotonic() < until_s, f"{name} is {found}, not {value}"
