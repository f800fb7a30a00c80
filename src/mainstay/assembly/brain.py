"""Builds what runs a turn: agent, models, tools, ladder."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from mainstay.agent.breaker_gate import BreakerGate
from mainstay.agent.caller import Caller
from mainstay.agent.options import LadderOptions, Persona
from mainstay.agent.turn import TurnRunner
from mainstay.assembly.sharing import Sharing
from mainstay.assembly.storage import Storage
from mainstay.models.claude import ClaudeModel
from mainstay.models.prices import cost_usd
from mainstay.ports.knowledge import Article
from mainstay.ports.model import Model
from mainstay.ports.secret import Secret
from mainstay.ports.telemetry import BreakerChanged, Telemetry
from mainstay.ports.tools import Tools
from mainstay.resilience.breaker import Breaker
from mainstay.resilience.retry_budget import RetryBudget
from mainstay.settings import Settings
from mainstay.system.chance import SystemRandom
from mainstay.system.clock import SystemClock
from mainstay.system.ids import SystemIds
from mainstay.tools.agent_definition import Agent
from mainstay.tools.loading import load_agent


def agent_of(settings: Settings) -> Agent:
    """Load the agent that the settings name; the sample shop when they name none."""
    if settings.agent is not None:
        return load_agent(settings.agent)
    from mainstay.shop.agent import build

    return build(settings.data / "shop.db")


def persona_of(agent: Agent) -> Persona:
    """Return the agent as the heart sees it."""
    return Persona(
        name=agent.name,
        instructions=agent.instructions,
        contact=agent.contact,
        scope=f"{agent.name}/{agent.locale}/{agent.policy_version}",
    )


def articles_of(agent: Agent) -> Sequence[Article]:
    """Read the agent's help articles."""
    if agent.help_articles is None:
        return []
    files = sorted(agent.help_articles.rglob("*.md"))
    return [_article(agent.help_articles, path) for path in files]


def model_of(settings: Settings, base_url: str | None, key: Secret) -> Model:
    """Return the Claude adapter."""
    return ClaudeModel(
        api_key=key,
        base_url=base_url or settings.anthropic_base_url,
        clock=SystemClock(),
    )


def runner_of(  # noqa: PLR0913 - all that the heart stands on
    settings: Settings,
    storage: Storage,
    agent: Agent,
    *,
    tools: Tools,
    model: Model,
    telemetry: Telemetry,
    sharing: Sharing | None = None,
) -> TurnRunner:
    """Put the heart together."""
    clock, store = storage.clock, storage.store
    opened = _nobody if sharing is None else sharing.breakers.nudge

    def breakers(names: Iterable[str]) -> dict[str, Breaker]:
        return {name: breaker_of(name, telemetry, opened) for name in names}

    models = breakers({settings.claude_model, settings.fallback_model})
    tool_breakers = breakers(spec.name for spec in tools.list())
    if sharing is not None:
        sharing.breakers.watch(models, tool_breakers)
    return TurnRunner(
        journal=store.journal if sharing is None else sharing.journal,
        caller=Caller(model, [BreakerGate(models)], clock, telemetry),
        knowledge=store.knowledge,
        tools=tools,
        model_breakers=models,
        tool_breakers=tool_breakers,
        retries=RetryBudget(clock, SystemRandom(), per_turn=settings.claude_retries),
        persona=persona_of(agent),
        options=LadderOptions(
            model=settings.claude_model,
            fallback_model=settings.fallback_model,
            fallback_enabled=settings.fallback_enabled,
            call_timeout_s=settings.claude_timeout_s,
        ),
        price=cost_usd,
        whisper=storage.feed.whisper,
        telemetry=telemetry,
        clock=clock,
        ids=SystemIds(),
    )


def breaker_of(name: str, telemetry: Telemetry, opened: Callable[[], None]) -> Breaker:
    """Return a breaker that tells of its changes."""

    def changed(state: str) -> None:
        telemetry.emit(BreakerChanged(name, state))
        if state == "open":
            opened()

    return Breaker(SystemClock(), SystemRandom(), on_change=changed)


def _article(folder: Path, path: Path) -> Article:
    heading, _, body = path.read_text("utf-8").strip().partition("\n")
    title = heading.lstrip("# ").strip()
    return Article(path.relative_to(folder).as_posix(), title, body.strip())


def _nobody() -> None:
    """Without a shared cache there is nobody to tell."""
