"""One message, one trace: through every process that has to do with it."""

import asyncio
import json
import os
import signal
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.acceptance.server import PRIMARY, Server, StandIn, serving
from tests.acceptance.traced import TraceTree, sent, traced, written
from tests.conformance import postgres_ports

from mainstay.queues.rabbitmq.options import RabbitMqOptions
from mainstay.queues.rabbitmq.setup import init
from mainstay.testing.otlp import OtlpReceiver
from mainstay.testing.servers.rabbitmq import RabbitMqServer

TRACE, ABOVE = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
OTHER = TRACE[::-1]
CLIENT = {"traceparent": f"00-{TRACE}-{ABOVE}-01", "tracestate": "vendor=1"}
SECRET = "a secret of the tests, 32 bytes long"  # noqa: S105 - nobody's
WORDS = "an-order-of-mine"

AGENT = '''
import asyncio
from pathlib import Path
from mainstay import Agent, ToolContext

agent = Agent(name="Traced", instructions="Help.", contact="a@example.com")
HERE = Path(__file__).parent


@agent.tool
async def look(ctx: ToolContext, what: str) -> dict:
    """Look something up; it takes as long as a file called stuck is there."""
    (HERE / "asked").write_text(ctx.traceparent + "\\n" + ctx.tracestate)
    while (HERE / "stuck").exists():
        await asyncio.sleep(0.05)
    return {"found": what}
'''


@dataclass
class Stage:
    """Processes on one store and one queue, each with its log.

    Args:
        got: takes their spans.
        folder: for logs, data and the agent.
        model: the address of the stand-in.
        settings: what all of them share.
        stack: ends them.
    """

    got: OtlpReceiver
    folder: Path
    model: str
    settings: dict[str, str]
    stack: ExitStack

    @property
    def logs(self) -> list[Path]:
        """What the processes wrote."""
        return sorted(self.folder.glob("*.log"))

    def start(self, name: str, **settings: str) -> Server:
        """Start the layer that the name begins with."""
        given = {
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{self.got.address}/v1/traces",
            "OTEL_BSP_SCHEDULE_DELAY": "50",
            "MAINSTAY_TOOLS_SECRET": SECRET,
            "MAINSTAY_ENV": "development",
            "LOG_LEVEL": "WARNING",
            "API_WORKERS": "1",
            **self.settings,
            **settings,
        }
        return self.stack.enter_context(
            serving(
                self.folder / "data",
                self.model,
                name.partition("-")[0],
                agent=str(self.folder / "traced.py:agent"),
                log=self.folder / f"{name}.log",
                **given,
            )
        )


SERVERS = "postgres+rabbitmq"
SHORTER = ["sqlite", pytest.param(SERVERS, marks=pytest.mark.long)]
"""One test in every run has servers; ``make proof`` plays the others with them."""


@pytest.fixture(params=["sqlite", SERVERS])
def stage(
    request: pytest.FixtureRequest, tmp_path: Path, stand_in: StandIn
) -> Generator[Stage]:
    """Give a stage without processes; what they stand on runs."""
    (tmp_path / "traced.py").write_text(AGENT)
    call = {"name": "look", "input": {"what": WORDS}}
    stand_in.control("PUT", "/script", {PRIMARY: [{"tool_use": [call]}]})
    with ExitStack() as stack:
        got = stack.enter_context(OtlpReceiver())
        settings: dict[str, str] = {}
        if request.param != "sqlite":
            name = f"traced_{time.monotonic_ns()}"
            broker = RabbitMqServer(tmp_path / "rabbitmq")
            broker.start()
            stack.callback(broker.stop)
            settings["QUEUE_URL"] = broker.url("wakes")
            asyncio.run(init(RabbitMqOptions(url=settings["QUEUE_URL"])))
            settings["DATABASE_URL"] = postgres_ports.server().create(name)
        yield Stage(got, tmp_path, stand_in.address, settings, stack)


def ask(gateway: Server, text: str = "Where is it?", **headers: str) -> str:
    """Post a message; return its turn."""
    talk = gateway.open("ada")
    path = f"/v1/conversations/{talk}/messages"
    status, body, _ = gateway.call("POST", path, {"text": text}, **headers)
    assert status == 202, body
    return body["turn_id"]


def ended(tree: TraceTree) -> bool:
    """Tell whether the turn's last span is there, and all that are above others."""
    return bool(tree.named("process ")) and not tree.orphans(ABOVE)


def served_too(tree: TraceTree) -> bool:
    """Tell whether the tool service's span is there as well, which is above none."""
    return ended(tree) and bool(tree.named("tools/call "))


@pytest.mark.timeout(120)
def test_one_trace_from_the_request_to_the_reply(stage: Stage) -> None:
    """Gateway, queue, worker, model twice, tool in its service, reply: all parented."""
    service = stage.start("tools")
    gateway = stage.start("gateway")
    stage.start("worker", TOOLS_URL=f"{service.address}/mcp")
    turn_id = ask(gateway, **CLIENT)
    tree = traced(TRACE, stage.got, served_too)
    post, wake, work = tree.one("POST "), tree.one("send "), tree.one("process ")
    agent, tool, reply = (
        tree.one(name) for name in ("invoke_agent ", "execute_tool ", "reply")
    )
    first, second = tree.named("chat ")
    served = tree.one("tools/call ")
    assert post.parent_id == ABOVE
    down = ["POST", "send", "process", "invoke_agent"]
    for span, last in ((first, "chat"), (second, "chat"), (reply, "reply")):
        assert tree.path(span) == [*down, last]
    assert tree.path(served) == [*down, "execute_tool", "tools/call"]
    kinds = [span.kind for span in (post, wake, work, agent, first, tool, served)]
    assert kinds == [
        *("server", "producer", "consumer", "internal", "client"),
        *("internal", "server"),
    ]
    assert {span.state for span in tree.spans} == {"vendor=1"}
    assert {span.status for span in tree.spans} == {"unset"}
    order = [first.end_ns, tool.end_ns, second.end_ns, reply.end_ns, agent.end_ns]
    assert order == sorted(order)
    assert post.attributes["mainstay.turn.id"] == turn_id
    assert post.attributes["http.route"] == "/v1/conversations/{id}/messages"
    assert first.attributes["gen_ai.response.finish_reasons"] == ["tool_use"]
    assert second.attributes["gen_ai.usage.output_tokens"] > 0
    system = wake.attributes["messaging.system"]
    assert system == ("rabbitmq" if stage.settings else "mainstay")
    told = (stage.folder / "asked").read_text().split("\n")
    assert told == [f"00-{TRACE}-{served.span_id}-01", "vendor=1"]
    assert WORDS not in json.dumps([span.attributes for span in tree.spans])


@pytest.mark.parametrize("stage", SHORTER, indirect=True)
@pytest.mark.timeout(120)
def test_a_killed_worker_leaves_one_whole_trace(stage: Stage) -> None:
    """Kill -9 in the middle of a tool: another process goes on with the same trace."""
    (stage.folder / "stuck").touch()
    gateway = stage.start("gateway")
    first = stage.start("worker-1")
    ask(gateway, **CLIENT)
    until((stage.folder / "asked").exists)
    traced(TRACE, stage.got, lambda tree: bool(tree.named("chat ")))
    os.kill(first.process.pid, signal.SIGKILL)
    (stage.folder / "stuck").unlink()
    stage.start("worker-2")
    tree = traced(TRACE, stage.got, ended)
    before, after = tree.named("chat ")
    attempts = [s.attributes["mainstay.turn.attempt"] for s in (before, after)]
    assert attempts == [1, 2]
    tool, agent = tree.one("execute_tool "), tree.one("invoke_agent ")
    assert tool.attributes["mainstay.turn.attempt"] == 2
    assert {s.parent_id for s in (before, after, tool)} == {agent.span_id}
    assert agent.start_ns <= before.start_ns
    resumed = tree.one("attempt")
    [link] = resumed.links
    assert link["trace_id"] == TRACE
    assert link["attributes"] == {"mainstay.turn.attempt": 1}
    assert len(tree.named("reply")) == 1


@pytest.mark.parametrize("stage", SHORTER, indirect=True)
def test_nothing_is_written_of_what_is_not_sampled(stage: Stage) -> None:
    """The client said no, and the sampler follows it; another's yes is followed too."""
    gateway = stage.start("gateway", OTEL_TRACES_EXPORTER="console")
    stage.start("worker", OTEL_TRACES_EXPORTER="console")
    unsampled = CLIENT["traceparent"][:-1] + "0"
    answered(gateway, ask(gateway, traceparent=unsampled))
    asked = (stage.folder / "asked").read_text().split("\n")[0]
    assert asked.startswith(f"00-{TRACE}-")
    assert asked.endswith("-00")
    ask(gateway, traceparent=CLIENT["traceparent"].replace(TRACE, OTHER))
    until(lambda: ended(TraceTree(OTHER, written(stage.logs))))
    assert TraceTree(TRACE, written(stage.logs)).spans == []
    assert sent(stage.got) == []


def answered(gateway: Server, turn_id: str) -> None:
    """Return when a turn is."""
    path = f"/v1/turns/{turn_id}"
    until(lambda: gateway.call("GET", path)[1].get("reply") is not None)


def until(done: Callable[[], bool]) -> None:
    """Return when it is done."""
    until_s = time.monotonic() + 20
    while not done():
        assert time.monotonic() < until_s
        time.sleep(0.05)
