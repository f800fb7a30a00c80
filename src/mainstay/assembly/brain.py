"""The agent that the settings name, and how the heart sees it."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from mainstay.agent.options import DAY_MS, Persona
from mainstay.domain.own_texts import OwnTexts
from mainstay.ports.knowledge import Article
from mainstay.settings import Settings
from mainstay.tools.agent_definition import Agent
from mainstay.tools.loading import load_agent

REUSE_RULES = 1
"""Raised when the rules by which answers are kept for others get stricter: none that
was kept by the old ones is given again."""


def agent_of(settings: Settings) -> Agent:
    """Load the agent that the settings name; the sample shop when they name none."""
    if settings.agent is not None:
        return load_agent(settings.agent)
    from mainstay.shop.agent import build

    return build(settings.data / "shop.db")


def persona_of(agent: Agent, settings: Settings) -> Persona:
    """Return the agent as the heart sees it."""
    scope = f"{agent.name}/{agent.locale}/{agent.policy_version}"
    days = settings.cached_answers_days
    texts = [agent.instructions, agent.contact]
    texts += [f"{a.title}\n\n{a.body}" for a in articles_of(agent)]
    return Persona(
        name=agent.name,
        instructions=agent.instructions,
        contact=agent.contact,
        scope=scope,
        edition=f"{scope}/{_hash(texts)}" if days else None,
        own=OwnTexts(texts),
        reuse_ms=days * DAY_MS,
    )


def articles_of(agent: Agent) -> Sequence[Article]:
    """Read the agent's help articles."""
    if agent.help_articles is None:
        return []
    files = sorted(agent.help_articles.rglob("*.md"))
    return [_article(agent.help_articles, path) for path in files]


def _article(folder: Path, path: Path) -> Article:
    heading, _, body = path.read_text("utf-8").strip().partition("\n")
    title = heading.lstrip("# ").strip()
    return Article(path.relative_to(folder).as_posix(), title, body.strip())


def _hash(texts: Sequence[str]) -> str:
    """Return what differs as soon as one of the texts, or a rule of reuse, does."""
    told = json.dumps([REUSE_RULES, *texts])
    return hashlib.sha256(told.encode()).hexdigest()[:16]
