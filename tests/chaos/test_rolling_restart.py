"""Every process restarted, one after the other, under load: no client notices."""

import asyncio
import json
import statistics
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from tests.chaos.apart import Balancer, Role
from tests.chaos.clients import Customer, Seen
from tests.conformance.postgres_ports import address_of, server

from mainstay.simulator.options import NATURAL_PACE_S, Options
from mainstay.simulator.server import running_in_thread
from mainstay.stores.postgres import schema
from mainstay.system.clock import SystemClock

CUSTOMERS = 20
PAUSE_S = 0.8
WARM, NORMAL = 2 * CUSTOMERS, 5 * CUSTOMERS
"""Replies before the measuring, and before the restarts."""

LATE_S = 5.0
DRAIN_S = 35.0
NOTICE_S = 5.0
"""As in production: longer than a customer says nothing, if the reply is not late."""


@asynccontextmanager
async def deployed(
    folder: Path, model: str, url: str
) -> AsyncGenerator[tuple[list[Role], list[Balancer]]]:
    """Run two gateways, two workers and two tool services, with balancers."""
    tools = [Role(f"tools-{n}", folder, DRAIN_NOTICE_SECONDS="1") for n in (1, 2)]
    inside = Balancer([role.port for role in tools])
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(inside.running())
        shared = {
            "ANTHROPIC_BASE_URL": model,
            "DATABASE_URL": url,
            "DB_POOL": "8",
            "DRAIN_NOTICE_SECONDS": f"{NOTICE_S:g}",
            "TOOLS_URL": f"http://127.0.0.1:{inside.port}/mcp",
            "API_WORKERS": "1",
        }
        workers = [Role(f"worker-{n}", folder, **shared) for n in (1, 2)]
        gateways = [Role(f"gateway-{n}", folder, **shared) for n in (1, 2)]
        roles = [*tools, *workers, *gateways]
        front = Balancer([role.port for role in gateways])
        await stack.enter_async_context(front.running())
        for role in roles:
            stack.callback(role.kill)
            role.start()
        for role in roles:
            await role.serves()
        for role in tools:
            await inside.knows(role.port)
        for role in gateways:
            await front.knows(role.port)
        yield roles, [inside, front]


async def restart_each(
    roles: list[Role], balancers: list[Balancer]
) -> list[tuple[float, Role, float]]:
    """Restart one after the other; return when each was, and the drain's seconds."""
    restarts: list[tuple[float, Role, float]] = []
    for role in roles:
        restarts.append((time.monotonic(), role, await role.drained()))
        role.start()
        await role.serves()
        for balancer in balancers:
            if role.port in balancer.ports:
                await balancer.knows(role.port)
    return restarts


@pytest.mark.timeout(180)
async def test_a_rolling_restart_is_seen_by_nobody(tmp_path: Path) -> None:
    """No error, no reset, no late reply; each message answered once, in its turn.

    Only a connection that was idle for the whole notice may be closed on a message.
    """
    url = server().create("rolling_restart")
    await schema.migrate(address_of(url), SystemClock())
    seen = Seen()
    with running_in_thread(Options(pace_s=NATURAL_PACE_S)) as model:
        async with deployed(tmp_path, model, url) as (roles, balancers):
            base = f"http://127.0.0.1:{balancers[1].port}"
            people = [
                Customer(base, n, seen, PAUSE_S, NOTICE_S) for n in range(CUSTOMERS)
            ]
            talks = [
                asyncio.create_task(one.follow() if n % 2 else one.wait_for_replies())
                for n, one in enumerate(people)
            ]
            await seen.replies(WARM)
            await seen.replies(NORMAL)
            restarts = await restart_each(roles, balancers)
            for one in people:
                one.end.set()
            async with asyncio.timeout(40):
                await asyncio.gather(*talks)
            logs = {role.name: role.log.read_text() for role in roles}
    began = restarts[0][0]
    normal_s = statistics.median(s for at, s in seen.took_s[WARM:] if at < began)
    late = sorted(((s, at) for at, s in seen.took_s if at >= began), reverse=True)
    print(
        f"{len(seen.took_s)} replies, {len(late) / (time.monotonic() - began):.1f}/s, "
        f"normally {normal_s:.2f} s; {seen.streams} streams, {seen.deltas} deltas, "
        f"{seen.repeats} repeats; "
        + ", ".join(
            f"{r.name} at {at - began:.1f} in {s:.1f} s" for at, r, s in restarts
        )
        + "; slowest "
        + ", ".join(f"{s:.2f} s at {at - began:.1f}" for s, at in late[:5])
    )
    assert seen.errors == [], logs
    assert max(s for _, _, s in restarts) <= DRAIN_S
    assert late[0][0] <= normal_s + LATE_S, logs
    assert set(seen.levels) == {0}, logs
    assert seen.streams > CUSTOMERS // 2, "no reader had to come back"
    assert answered_once_and_in_order() == len(seen.took_s)


def answered_once_and_in_order() -> int:
    """Check every conversation; return how many messages were answered."""
    told = server().sql(
        "SELECT json_agg(t) FROM (SELECT json_agg(json_build_array(role, turn_id)"
        " ORDER BY seq) FROM mainstay.messages GROUP BY conversation_id) AS t(t)",
        "rolling_restart",
    )
    answered = 0
    for talk in json.loads(told):
        asked, replied = talk[::2], talk[1::2]
        assert [role for role, _ in asked] == ["customer"] * len(asked), talk
        assert [role for role, _ in replied] == ["agent"] * len(replied), talk
        assert [turn for _, turn in asked] == [turn for _, turn in replied], talk
        answered += len(replied)
    return answered
