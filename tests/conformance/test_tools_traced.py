"""A tool in a service of its own is part of the caller's trace."""

from tests.conformance.tool_stage import SECRET, Heard, remote, serving_app

from mainstay import Agent, ToolContext
from mainstay.ports.tools import ToolContext as Context
from mainstay.ports.tools import ToolDone
from mainstay.ports.trace_events import ToolServed
from mainstay.system.clock import SystemClock
from mainstay.tools.service.app import build_service

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0"


def agent_that_tells() -> Agent:
    """Return an agent whose tool tells what trace it is in."""
    agent = Agent(name="Traced", instructions="Help.", contact="a@example.com")

    @agent.tool
    async def where(ctx: ToolContext) -> list[str]:
        """Tell."""
        return [ctx.traceparent, ctx.tracestate]

    return agent


async def told(context: Context) -> tuple[object, list[ToolServed]]:
    """Call the tool; return what it says, and what the service says of it."""
    agent, heard = agent_that_tells(), Heard()
    service = build_service(agent, SECRET, heard, SystemClock())
    async with serving_app(service) as url, remote(agent, url) as tools:
        done = await tools.call("where", {}, context)
    assert isinstance(done, ToolDone)
    return done.result, [e for e in heard.events if isinstance(e, ToolServed)]


async def test_the_call_is_a_span_below_the_callers() -> None:
    """Its own place is what the tool may pass on."""
    context = Context(
        "ada", "c", "turn_1", "k", traceparent=f"{PARENT}1", tracestate="vendor=1"
    )
    said, [served] = await told(context)
    assert served.trace.parent_id == "00f067aa0ba902b7"
    assert said == [served.trace.traceparent, "vendor=1"]
    assert (served.turn_id, served.outcome) == ("turn_1", "ToolDone")


async def test_what_is_not_sampled_is_passed_on_and_not_told() -> None:
    """Without a trace there is nothing to pass on."""
    context = Context("ada", "c", "turn_1", "k", traceparent=f"{PARENT}0")
    said, served = await told(context)
    assert served == []
    assert isinstance(said, list)
    assert str(said[0]).endswith("-00")
    said, served = await told(Context("ada", "c", "turn_1", "k"))
    assert (said, served) == (["", ""], [])


async def test_a_header_that_is_none_is_no_parent() -> None:
    """It costs the call nothing."""
    context = Context("ada", "c", "turn_1", "k", traceparent="nonsense")
    assert await told(context) == (["", ""], [])
