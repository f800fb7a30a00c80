"""A town of customers with secrets, one agent, and a model that gossips."""

import re
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st
from tests.conformance.twinned_stores import Opening

from mainstay.agent.caller import Caller
from mainstay.agent.options import LadderOptions, Persona
from mainstay.agent.turn import TurnRunner
from mainstay.agent.wording import generic, not_by_a_model
from mainstay.caches.memory_circuits import MemoryCircuits
from mainstay.caches.shared_breaker import SharedBreaker
from mainstay.caches.shared_breakers import SharedBreakers
from mainstay.domain.model_call import ModelFailure, ModelOutcome, ModelRequest
from mainstay.domain.own_texts import OwnTexts
from mainstay.domain.reply import Reply
from mainstay.domain.step import Usage
from mainstay.ports.inbox import NewConversation
from mainstay.ports.knowledge import Article, Passage
from mainstay.ports.tools import ToolContext, ToolDone, ToolSpec
from mainstay.resilience.breaker import Breaker
from mainstay.resilience.retry_budget import RetryBudget
from mainstay.system.chance import SystemRandom
from mainstay.system.ids import SystemIds
from mainstay.testing.scripted_model import calls, says
from mainstay.testing.scripted_tools import ScriptedTool, ScriptedTools
from mainstay.testing.world import Notes
from mainstay.worker.grip import Held

ARTICLE = Article(
    "returns.md",
    "Returns",
    "Write to help@shop.example within 30 days. Sending costs 4.90 EUR, 9:00 to 18:00.",
)
INSTRUCTIONS = "You are the agent of a shop. Call 030 555 0100. We open at 9:00."
OWN = OwnTexts([INSTRUCTIONS, ARTICLE.title, ARTICLE.body])
QUESTIONS = (
    "How do I return wet red winter hiking shoes that I bought in your sale?",
    "How do I return shoes?",
    "What are your opening hours?",
)
PLAIN = (
    "By post, within 30 days.",
    "Write to help@shop.example, sending costs 4.90 EUR.",
    "We open at 9:00.",
)
SHORT = 5
COMMON = (
    *(INSTRUCTIONS, ARTICLE.body, *QUESTIONS, *PLAIN),
    generic("help@shop.example", []).response,
    not_by_a_model("help@shop.example", Passage("", "", 1, "")).response,
    not_by_a_model("help@shop.example", Passage("Returns", "", 1, "")).response,
)
"""What everybody may read."""

# ── what customers have ──

NAMES = st.one_of(
    st.sampled_from(["Zora", "Ada Lovelace", "Jürgen", "Will", "Ng", "O'Neil", "李雷"]),
    st.from_regex(r"[A-Z][a-z]{3,9}", fullmatch=True),
)
SHAPES = {
    "order": r"(AB-?|#)?[1-9][0-9]{2,7}",
    "mail": r"[a-z]{2,8}[.+]?[a-z]{2,8}@[a-z]{3,9}\.(com|example)",
    "phone": r"(\+49 ?|0)[1-9][0-9]{1,3}[ /-]?[0-9]{2}[ -]?[0-9]{2}[ -]?[0-9]{2,4}",
    "place": r"[1-9][0-9]{4}|[A-Z]{1,2}[0-9][A-Z] [0-9][A-Z]{2}",
    "amount": r"[1-9][0-9]{1,3}[.,][0-9]{2} (EUR|USD)|€[1-9][0-9]{2}",
}
SHAPED = {kind: st.from_regex(r, fullmatch=True) for kind, r in SHAPES.items()}
SECRETS = st.fixed_dictionaries({"name": NAMES, **SHAPED})
KINDS = ("name", *SHAPES)


def linked(secret: str) -> str:
    """Return a link that is named for a secret."""
    place = re.sub(r"[^a-z]", "", secret.lower()) or "x"
    return f"[{secret}](https://{place}.example)"


WRITTEN = {
    "plain": lambda s: s,
    "small": str.lower,
    "loud": str.upper,
    "spaced": " ".join,
    "hidden": "\u200b".join,
    "bold": lambda s: f"**{s}**",
    "linked": linked,
}


@dataclass(frozen=True)
class Visit:
    """One conversation.

    Args:
        person: who, by number.
        account: under which of three customer ids.
        question: which of the questions.
        told: what the customer adds to it, or None.
        before: whether the customer told something in a message before it.
        noted: whether the host noted it in the metadata.
        looked: whether the model calls a tool that tells it.
        plain: which plain answer the model gives.
        gossip: what the model adds to it, or None.
        written: how it writes that.
    """

    person: int
    account: int
    question: int
    told: str | None
    before: bool
    noted: bool
    looked: bool
    plain: int
    gossip: str | None
    written: str


rarely = st.sampled_from([False] * 5 + [True])
VISITS = st.builds(
    Visit,
    person=st.integers(0, 2),
    account=st.integers(0, 2),
    question=st.sampled_from([0, 0, 1, 2]),
    told=st.sampled_from([None, None, "name", "name", *KINDS]),
    before=rarely,
    noted=rarely,
    looked=rarely,
    plain=st.sampled_from([0, 0, 0, 1, 2]),
    gossip=st.sampled_from([None, None, "name", "name", *KINDS]),
    written=st.sampled_from(["small", *WRITTEN]),
)


class Gossip:
    """A model that may say all that its customer ever told anybody.

    Numbers and addresses it knows by itself; a name only from what it reads.
    """

    def __init__(self) -> None:
        self.down = False
        self.visit: Visit | None = None
        self.secrets: dict[str, str] = {}

    async def call(self, request: ModelRequest, _on_text: Any) -> ModelOutcome:
        """Answer, or call the tool, as the visit says."""
        if self.down or self.visit is None:
            return ModelFailure("model_gone", "")
        read = str(request.messages)
        if self.visit.looked and request.use_tools and "tool_result" not in read:
            return calls("look")
        return says(f"{self._gossip(read)}{PLAIN[self.visit.plain]}")

    def _gossip(self, read: str) -> str:
        visit = self.visit
        if visit is None or visit.gossip is None:
            return ""
        secret = self.secrets[visit.gossip]
        if visit.gossip == "name" and not is_word(secret, read):
            return ""
        return f"Hi {WRITTEN[visit.written](secret)}, "

    async def close(self) -> None:
        """Hold nothing."""


@dataclass
class Town:
    """Everybody's conversations on one fresh store.

    Args:
        opening: opens it.
        people: each person's secrets.
    """

    opening: Opening
    people: Sequence[dict[str, str]]
    model: Gossip = field(default_factory=Gossip)
    shared: int = 0

    async def live(self, visits: Sequence[Visit], *, approving: bool) -> list[str]:
        """Let everybody visit; then, without a model, ask all again; return leaks."""
        async with AsyncExitStack() as scope:
            _, (self.ports,) = await self.opening(scope, 1)
            await self.ports.knowledge.load_articles([ARTICLE])
            leaks = [leak for visit in visits for leak in await self._visit(visit)]
            if approving:
                for answer in await self.ports.answers.list():
                    await self.ports.answers.approve(answer.id, "careless")
            self.model.down = True
            for person in range(len(self.people)):
                for question, told in ((0, None), (0, "name"), (1, None), (2, None)):
                    leaks += await self._visit(visit_of(person, question, told))
            return leaks

    async def _visit(self, visit: Visit) -> list[str]:
        self.model.visit, self.model.secrets = visit, self.people[visit.person]
        customer = f"person-{visit.person}-{visit.account}"
        metadata = dict(self.model.secrets) if visit.noted else {}
        new = NewConversation(customer, "test", metadata)
        id_ = (await self.ports.inbox.open(new)).id
        if visit.before:
            await self._say(id_, f"I am {self.model.secrets['name']}, hello")
        added = "" if visit.told is None else f"{self.model.secrets[visit.told]}: "
        reply = await self._say(id_, f"{added}{QUESTIONS[visit.question]}")
        self.shared += (
            reply.fallback_level == 3 and "similar question" in reply.response
        )
        return [
            f"{visit} read {secret!r} of {other}: {reply.response!r}"
            for other, secrets in enumerate(self.people)
            if other != visit.person
            for secret in secrets.values()
            if self._is_told(secret, reply.response)
        ]

    async def _say(self, conversation_id: str, text: str) -> Reply:
        accepted = await self.ports.say(conversation_id, text)
        claim = await self.ports.claim(conversation_id)
        await self._runner().run(claim, Held(claim, self.ports.clock))
        reply = (await self.ports.turn(accepted.turn_id)).reply
        assert reply is not None
        return reply

    def _is_told(self, secret: str, text: str) -> bool:
        """Tell whether a text holds a secret that is not the reader's own as well."""
        own = [*COMMON, *self.model.secrets.values()]
        return tells(text, secret) and not any(tells(mine, secret) for mine in own)

    def _breaker(self) -> SharedBreaker:
        clock = self.ports.clock
        breaker = Breaker(clock, SystemRandom(), on_change=lambda _: None)
        shared = SharedBreakers(MemoryCircuits(clock), SystemIds(), Notes())
        return shared.share("look", breaker)

    def _runner(self) -> TurnRunner:
        clock, notes = self.ports.clock, Notes()

        def look(_args: Any, context: ToolContext) -> ToolDone:
            return ToolDone({"customer": self.model.secrets})

        spec = ToolSpec(
            "look", "Looks.", {"type": "object"}, effect=False, once="unsafe"
        )
        return TurnRunner(
            journal=self.ports.journal,
            caller=Caller(self.model, [], clock, notes),
            knowledge=self.ports.knowledge,
            tools=ScriptedTools(ScriptedTool(spec=spec, answer=look)),
            tool_breakers={"look": self._breaker()},
            retries=RetryBudget(clock, SystemRandom()),
            persona=Persona(
                name="Shop",
                instructions=INSTRUCTIONS,
                contact="help@shop.example",
                scope="shop",
                edition="shop/1",
                own=OWN,
            ),
            options=LadderOptions(model="primary", fallback_model="fallback"),
            price=_free,
            whisper=lambda _: None,
            telemetry=notes,
            clock=clock,
            ids=SystemIds(),
        )


def visit_of(person: int, question: int, told: str | None = None) -> Visit:
    """Return a visit without gossip, under the person's first account."""
    return Visit(person, 0, question, told, *[False] * 3, 0, None, "plain")


def tells(text: str, secret: str) -> bool:
    """Tell whether a secret is in a text, however it is written.

    Of a short one, which other words may hold, only whether it is a word.
    """
    if len(squeezed(secret)) < SHORT:
        return is_word(secret, text)
    return squeezed(secret) in squeezed(text)


def is_word(secret: str, text: str) -> bool:
    """Tell whether a text holds a secret, and not as a part of another word."""
    word = rf"(?<!\w){re.escape(secret)}(?!\w)"
    return re.search(word, text, re.IGNORECASE) is not None


def squeezed(text: str) -> str:
    """Return letters and digits alone, so that no way of writing hides them."""
    return re.sub(r"[\W_]", "", text.lower())


def _free(_model: str, _usage: Usage) -> float:
    return 0.0
