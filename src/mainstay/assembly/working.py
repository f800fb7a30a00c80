"""The worker of a process: models behind their gates, the heart, and what drives it.

Only a process with the role imports this: a gateway has no use for 70 modules.
"""

from contextlib import AsyncExitStack
from dataclasses import dataclass

from mainstay.agent.failover import Calls
from mainstay.agent.options import LadderOptions
from mainstay.agent.turn import TurnRunner
from mainstay.assembly.drilling import drilled, judge_of
from mainstay.assembly.frame import Frame
from mainstay.assembly.limits import open_rate_gate
from mainstay.assembly.parts import start
from mainstay.assembly.providers import calls_of, open_models
from mainstay.assembly.retirements import retirements_of
from mainstay.domain.step import FIRST_PARTY
from mainstay.models.prices import cost_usd
from mainstay.ports.findings import Reachable
from mainstay.resilience.retry_budget import RetryBudget
from mainstay.settings.limits import limits_of
from mainstay.system.chance import SystemRandom
from mainstay.system.clock import SystemClock
from mainstay.system.ids import SystemIds
from mainstay.worker.options import WorkerOptions
from mainstay.worker.worker import Worker


@dataclass(frozen=True, slots=True)
class Working:
    """A worker, and its way to Claude.

    Args:
        worker: it.
        claude: can ask whether Anthropic's API is there; None where another provides.
    """

    worker: Worker
    claude: Reachable | None


async def open_worker(
    stack: AsyncExitStack, frame: Frame, base_url: str | None
) -> Working:
    """Return a worker that is still to be started; its models close with the stack.

    Args:
        stack: of the process.
        frame: what it stands on.
        base_url: a server in place of Anthropic's, over the settings' own.
    """
    settings, storage = frame.settings, frame.storage
    frame.monitoring.show_answers((settings.claude_model, settings.fallback_model))
    models = open_models(stack, settings, base_url, frame.key)
    rates = await open_rate_gate(
        stack, settings, storage, frame.sharing, frame.monitoring
    )
    # A process that calls no model would never see a followed breaker close.
    await start(stack, frame.guards.shared)
    await start(stack, retirements_of(settings, models, frame.monitoring))
    hedge_s = settings.hedge_after_s
    had = models if frame.obedience is None else drilled(models, frame.obedience)
    calls = calls_of(had, frame.guards, [rates], frame.monitoring, hedge_s)
    worker = Worker(
        owner=storage.owner,
        queue=frame.queue,
        leases=storage.store.leases,
        journal=storage.store.journal,
        runner=_runner(frame, calls),
        clock=SystemClock(),
        telemetry=frame.monitoring,
        options=WorkerOptions(batch=settings.queue_batch),
    )
    claude = models.get(FIRST_PARTY)
    return Working(worker, claude if isinstance(claude, Reachable) else None)


def _runner(frame: Frame, calls: Calls) -> TurnRunner:
    """Put the heart together."""
    settings, storage, sharing = frame.settings, frame.storage, frame.sharing
    clock, store = storage.clock, storage.store
    return TurnRunner(
        journal=store.journal if sharing is None else sharing.journal,
        caller=calls,
        knowledge=store.knowledge,
        tools=frame.tools,
        tool_breakers=frame.guards.tools,
        retries=RetryBudget(clock, SystemRandom(), per_turn=settings.claude_retries),
        persona=frame.persona,
        options=LadderOptions(
            model=settings.claude_model,
            fallback_model=settings.fallback_model,
            fallback_enabled=settings.fallback_enabled,
            call_timeout_s=settings.claude_timeout_s,
        ),
        price=cost_usd,
        whisper=storage.feed.whisper,
        telemetry=frame.monitoring,
        clock=clock,
        ids=SystemIds(),
        limits=limits_of(settings),
        judged=judge_of(frame.obedience),
    )
