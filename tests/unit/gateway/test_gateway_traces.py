"""Requests are spans of a trace: the client's, where it sends one."""

from collections.abc import Mapping

from gateway_world import ADMIN, World

from mainstay.domain.trace import of_headers
from mainstay.monitoring.sampling import Sampler
from mainstay.monitoring.tracer import Tracer
from mainstay.ports.trace_events import RequestTraced, WakeSent

TRACE, ABOVE = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
CLIENT = {"traceparent": f"00-{TRACE}-{ABOVE}-01", "tracestate": "vendor=1"}


async def said(world: World, headers: Mapping[str, str] = CLIENT) -> str:
    """Post a message to a gateway that traces; return its conversation."""
    id_ = await world.conversation()
    async with world.api(trace_of=Tracer(Sampler()).begin) as api:
        path = f"/v1/conversations/{id_}/messages"
        answer = await api.post(path, json={"text": "hi"}, headers=headers)
    assert answer.status_code == 202
    return id_


async def test_a_message_is_traced_to_its_wake(world: World) -> None:
    """The request below the client's span, the wake below the request."""
    id_ = await said(world)
    (sent,) = (e for e in world.telemetry.events if isinstance(e, WakeSent))
    (post,) = (e for e in world.telemetry.events if isinstance(e, RequestTraced))
    assert (post.trace.trace_id, post.trace.parent_id) == (TRACE, ABOVE)
    assert (post.trace.state, post.status) == ("vendor=1", 202)
    assert post.route == "/v1/conversations/{id}/messages"
    assert post.turn_id.startswith("turn")
    assert (sent.trace.parent_id, sent.conversation_id) == (post.trace.span_id, id_)
    (wake,) = world.queue.published
    assert of_headers(wake.traceparent) is not None
    assert world.store.accepted[-1].trace == sent.trace
    assert wake.traceparent == sent.trace.traceparent


async def test_a_wake_that_fails_says_so(world: World) -> None:
    """The span has the type of the error."""
    world.queue.broken = True
    await said(world)
    (sent,) = (e for e in world.telemetry.events if isinstance(e, WakeSent))
    assert sent.error


async def test_what_is_not_sampled_is_passed_on_and_not_told(world: World) -> None:
    """The turn keeps the decision; a gateway without tracing keeps nothing."""
    await said(world, {"traceparent": CLIENT["traceparent"][:-1] + "0"})
    assert world.telemetry.events == []
    kept = world.store.accepted[-1].trace
    assert kept is not None
    assert (kept.trace_id, kept.sampled) == (TRACE, False)
    id_ = await world.conversation()
    async with world.api() as api:
        await api.post(f"/v1/conversations/{id_}/messages", json={"text": "hi"})
    assert world.store.accepted[-1].trace is None


async def test_watchers_have_no_spans(world: World) -> None:
    """A probe every second would bury everything else."""
    async with world.api(ADMIN, trace_of=Tracer(Sampler()).begin) as api:
        for path in ("/health/live", "/health", "/metrics", "/openapi.json"):
            await api.get(path, headers=CLIENT)
        assert world.telemetry.events == []
        await api.get("/v1/turns/turn_1", headers=CLIENT)
    (event,) = world.telemetry.events
    assert isinstance(event, RequestTraced)
    assert (event.status, event.turn_id) == (404, "")
