"""What a process's monitoring hides, and what its gauges look at."""

import sqlite3
from collections.abc import Callable
from contextlib import AsyncExitStack, closing
from datetime import UTC, datetime, timedelta
from functools import partial
from operator import eq
from pathlib import Path

import pytest
from pydantic import SecretStr

from mainstay.assembly.engines import open_storage
from mainstay.assembly.gauges import gauges_of
from mainstay.assembly.monitoring import monitoring_of, secrets_of, with_passwords
from mainstay.assembly.parts import start
from mainstay.assembly.queues import open_queue
from mainstay.assembly.retirements import Retirements, retirements_of
from mainstay.assembly.storage import Tenant
from mainstay.models.claude import ClaudeModel
from mainstay.monitoring.backlog import Backlog
from mainstay.monitoring.gauges import Gauges
from mainstay.monitoring.telemetry import Monitoring
from mainstay.ports.inbox import NewConversation
from mainstay.settings import Settings, load
from mainstay.simulator.server import running_in_thread
from mainstay.system.clock import SystemClock
from mainstay.testing.secret import GivenSecret
from mainstay.tools.recording import RECORDER

OLD = "claude-sonnet-4-5-20250929"
PATIENCE_S = 10.0


def test_every_secret_setting_is_hidden() -> None:
    """Each field that holds one, and passwords in addresses as written and as meant."""
    fields = [
        name
        for name, field in Settings.model_fields.items()
        if "SecretStr" in str(field.annotation)
    ]
    assert len(fields) >= 7
    given = {name: SecretStr(f"secret of {name}") for name in fields}
    settings = load({}).model_copy(update=given)
    assert secrets_of(settings) == {f"secret of {name}" for name in fields}
    address = "postgresql://ann:p%40ss-word@db/shop"
    told = with_passwords({address, "[not an address", "postgresql://db/shop"})
    assert told >= {address, "p%40ss-word", "p@ss-word"}
    assert None not in told


def test_the_values_of_headers_are_hidden() -> None:
    """Whole, and without the word before a token; those of each signal."""
    settings = load(
        {
            "OTEL_EXPORTER_OTLP_HEADERS": "x-auth=Api-Token%20dt0c01.abc,x-a=one",
            "OTEL_EXPORTER_OTLP_LOGS_HEADERS": "x-honeycomb-team=hc-key",
        }
    )
    told = secrets_of(settings)
    assert told >= {"Api-Token dt0c01.abc", "dt0c01.abc", "one", "hc-key"}


def test_authors_record_to_the_process() -> None:
    """From the time on that its monitoring is built."""
    before = RECORDER.set(None)
    monitoring = monitoring_of(load({}))
    assert RECORDER.get() is monitoring
    RECORDER.reset(before)


async def shown(
    monitoring: Monitoring, name: str, is_right: Callable[[float], bool]
) -> float:
    """Return a gauge's value once it is right."""
    clock = SystemClock()
    until_s = clock.monotonic_s() + PATIENCE_S
    while clock.monotonic_s() < until_s:
        for line in monitoring.render().decode().splitlines():
            key, _, value = line.rpartition(" ")
            if key == name and is_right(float(value)):
                return float(value)
        await clock.sleep(0.01)
    raise AssertionError(f"{name} did not come right")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Give settings of a store of its own."""
    return load({"MAINSTAY_DATA": str(tmp_path)})


async def gauges(
    stack: AsyncExitStack, settings: Settings, monitoring: Monitoring
) -> Gauges:
    """Return what looks at a fresh store with one conversation."""
    tenant = Tenant("gateway+worker", "scope", monitoring)
    storage = await open_storage(stack, settings, tenant)
    await storage.store.inbox.open(NewConversation("ada", "test", {}))
    queue = await open_queue(stack, settings, storage, monitoring)
    return gauges_of(settings, storage, Backlog(queue, monitoring.state), monitoring)


async def test_the_gauges_show_how_things_stand(settings: Settings) -> None:
    """Store, processes, disk, clock and audit, all of a store that works."""
    monitoring = Monitoring("CRITICAL")
    async with AsyncExitStack() as stack:
        await start(stack, await gauges(stack, settings, monitoring))
        for name, value in (
            ("escalations_open", 0),
            ("effects_in_doubt", 0),
            ("workers", 1),
            ("gateways", 1),
            ("clock_skew_seconds", 0),
            ('queue_depth{state="ready"}', 0),
            ("audit_chain_valid", 1),
        ):
            await shown(monitoring, f"mainstay_{name}", partial(eq, value))
        assert await shown(monitoring, "mainstay_disk_free_bytes", bool) > 0
    assert b'mainstay_troubles_total{where="gauges"}' not in monitoring.render()


async def test_a_broken_audit_chain_is_seen(settings: Settings) -> None:
    """Soon after the start."""
    monitoring = Monitoring("CRITICAL")
    async with AsyncExitStack() as stack:
        looking = await gauges(stack, settings, monitoring)
        with closing(sqlite3.connect(settings.database_path)) as file, file:
            file.execute("UPDATE audit SET actor = 'nobody' WHERE n = 1")
        await start(stack, looking)
        name = "mainstay_audit_chain_valid"
        assert await shown(monitoring, name, lambda value: value == 0) == 0


async def test_a_server_that_knows_no_models_is_lived_with() -> None:
    """Told once a model, by the error's type alone: its words are the server's."""
    monitoring, closed = Monitoring("CRITICAL"), "http://127.0.0.1:9"
    model = ClaudeModel(GivenSecret("key"), closed, SystemClock())
    retirements = Retirements(model, [OLD, "other"], monitoring, SystemClock())
    for _ in range(3):
        await retirements.look()
    await model.close()
    name = 'mainstay_troubles_total{where="model retirement"}'
    await shown(monitoring, name, lambda value: value == 2)
    # The SDK's own table has its date.
    await shown(monitoring, f'mainstay_model_retires_in_seconds{{model="{OLD}"}}', bool)


async def test_a_model_of_a_cloud_has_the_date_that_is_known() -> None:
    """There is nothing that could be asked."""
    monitoring = Monitoring("CRITICAL")
    looking = retirements_of(load({"CLAUDE_MODEL": OLD}), {}, monitoring)
    await looking.start()
    name = f'mainstay_model_retires_in_seconds{{model="{OLD}"}}'
    await shown(monitoring, name, bool)
    await looking.stop()
    assert b'mainstay_troubles_total{where="model' not in monitoring.render()


async def test_a_model_that_is_to_be_retired_is_shown() -> None:
    """As the models endpoint tells, by its date; one without a date is not."""
    clock, monitoring = SystemClock(), Monitoring("CRITICAL")
    settings = load({"CLAUDE_MODEL": OLD})
    with running_in_thread() as address:
        model = ClaudeModel(GivenSecret("key"), address, clock)
        looking = retirements_of(settings, {"anthropic": model}, monitoring)
        await looking.start()
        name = f'mainstay_model_retires_in_seconds{{model="{OLD}"}}'
        in_s = await shown(monitoring, name, bool)
        await looking.stop()
        await model.close()
    at = datetime.fromtimestamp(in_s + clock.now_ms() / 1000, UTC)
    assert abs(at - datetime(2026, 11, 30, tzinfo=UTC)) < timedelta(seconds=PATIENCE_S)
    assert settings.fallback_model.encode() not in monitoring.render()
