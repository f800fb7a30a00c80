"""A deployment where all is well, check by check, for tests to break one thing."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from mainstay.caches.memory import MemoryCache
from mainstay.caches.memory_circuits import MemoryCircuits
from mainstay.caches.shared_limiter import SharedLimiter
from mainstay.checklist.alerting import AlertingSet
from mainstay.checklist.breakers import BreakersConfigured, Stage
from mainstay.checklist.configuration import ConfigurationValidated
from mainstay.checklist.credentials import AuthenticationEnabled
from mainstay.checklist.endpoints import MonitoringLive
from mainstay.checklist.finding import Check
from mainstay.checklist.limiter import RateLimiterConfigured
from mainstay.checklist.migrations import MigrationsApplied
from mainstay.checklist.models import FallbackAvailable, ModelFacts
from mainstay.checklist.queue import QueueTested
from mainstay.checklist.redaction import LoggingConfigured
from mainstay.checklist.rules_file import RulesFile
from mainstay.checklist.runbooks import RunbooksWritten
from mainstay.checklist.seal import Seal
from mainstay.checklist.secrets import SecretsManaged
from mainstay.checklist.training import TeamTrained
from mainstay.checklist.web import Answer, Request
from mainstay.domain.errors import MainstayError, NotFound
from mainstay.domain.moment import moment
from mainstay.domain.record import Record, RecordKind
from mainstay.domain.schema import SchemaStatus
from mainstay.ports.keys import ApiKey, KeyRole
from mainstay.ports.members import Member
from mainstay.resilience.breaker import BreakerOptions
from mainstay.system.clock import SystemClock
from mainstay.system.ids import SystemIds
from mainstay.testing.chance import SeededRandom
from mainstay.testing.world import Notes

CLOCK, IDS = SystemClock(), SystemIds()
NOW_MS = CLOCK.now_ms()
TODAY = datetime.fromtimestamp(NOW_MS / 1000, UTC).date()
RULES = """
groups:
  - name: one
    rules:
      - record: x:y
        expr: sum(z)
      - alert: ModelDown
        expr: up == 0
      - alert: QueueDeep
        expr: q > 9
"""


def private_key() -> str:
    """Return a fresh key in PEM."""
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Ed25519PrivateKey.generate().private_bytes(*form).decode()


@dataclass
class FakeKeys:
    """API keys in memory; ``ends`` false forgets to end them."""

    known: dict[bytes, ApiKey] = field(default_factory=dict)
    ends: bool = True

    async def add(self, digest: bytes, role: KeyRole, name: str) -> ApiKey:
        """Keep a key."""
        self.known[digest] = ApiKey(IDS.new("key"), role, name, NOW_MS, None)
        return self.known[digest]

    async def find(self, digest: bytes) -> ApiKey | None:
        """Find a key."""
        return self.known.get(digest)

    async def list(self) -> Sequence[ApiKey]:
        """Return all."""
        return list(self.known.values())

    async def revoke(self, key_id: str) -> ApiKey:
        """End a key."""
        for digest, key in list(self.known.items()):
            if key.id == key_id:
                if self.ends:
                    del self.known[digest]
                return key
        raise NotFound(key_id)


@dataclass
class FakeRecords:
    """Records in memory."""

    kept: list[Record] = field(default_factory=list)

    async def add(self, record: Record) -> None:
        """Keep it."""
        self.kept.append(record)

    async def newest(self, kind: RecordKind, limit: int) -> Sequence[Record]:
        """Return them."""
        return [r for r in reversed(self.kept) if r.kind == kind][:limit]


@dataclass
class FakePager:
    """Brings a test alert, or says why not."""

    broken: bool = False

    async def page(self) -> str:
        """Bring it."""
        if self.broken:
            raise MainstayError("nobody took it; check the routes")
        return "by a fake"


@dataclass
class Well:
    """Everything that the checks look at; change one thing to break one check."""

    folder: Path
    faults: list[str] = field(default_factory=list)
    pre: list[str] = field(default_factory=list)
    post: list[str] = field(default_factory=list)
    options: BreakerOptions = field(default_factory=BreakerOptions)
    breakers: frozenset[str] = frozenset({"anthropic/main/a"})
    members: list[Member] = field(
        default_factory=lambda: [
            Member("one", "gateway", "http://g:1"),
            Member("two", "worker", "http://w:2"),
        ]
    )
    pages: dict[str, Answer] = field(
        default_factory=lambda: {
            f"http://{host}/metrics": Answer(200, "# x\nmainstay_turns_total 1\n")
            for host in ("g:1", "w:2")
        }
    )
    exports: dict[str, str] = field(default_factory=dict[str, str])
    models: dict[str, ModelFacts] = field(
        default_factory=lambda: {"a": ModelFacts("active"), "b": ModelFacts("active")}
    )
    fallback: bool = True
    published: dict[str, date] = field(default_factory=dict)
    burst: int = 5
    worker_answers: bool = True
    keys: FakeKeys = field(default_factory=FakeKeys)
    open_door: bool = False
    plain: set[str] = field(default_factory=set)
    log: str = '{"event": "turn.ended"}'
    pager: FakePager | None = field(default_factory=FakePager)
    records: FakeRecords = field(default_factory=FakeRecords)
    seal: Seal = field(default_factory=lambda: Seal(private_key()))
    leaks: tuple[str, ...] = ()
    limited: bool = True
    unreadable: str = ""

    def __post_init__(self) -> None:
        (self.folder / "rules.yml").write_text(RULES)
        for name in ("ModelDown", "QueueDeep"):
            self.review(name, 10)
        self.drill(5)

    def review(self, name: str, days_ago: int) -> None:
        """Write a runbook that was reviewed so many days ago."""
        day = TODAY - timedelta(days=days_ago)
        text = f"# {name}\n\nLast reviewed: {day.isoformat()}\n"
        (self.folder / f"{name}.md").write_text(text)

    def drill(self, days_ago: int, seal: Seal | None = None, **told: Any) -> None:
        """Put a drill of so many days ago on record, in place of all others."""
        at_ms = NOW_MS - days_ago * 86_400_000
        record = {"what": "drill", "name": "worker-loss", "played": True}
        record |= {"deployment": "acme", "at": moment(at_ms)} | told
        text = (seal or self.seal).sealed(record)
        self.records.kept = [Record("rec_1", "drill", "x", True, at_ms, text)]

    async def ask(self, request: Request) -> Answer:
        """Answer as the deployment's processes would."""
        if request.url.endswith("/metrics"):
            return self.pages[request.url]
        secret = request.headers.get("authorization", "").removeprefix("Bearer ")
        from mainstay.gateway.keyring import digest_of

        good = self.open_door or digest_of(secret) in self.keys.known
        return Answer(404 if good else 401, "")

    def checks(self) -> list[Check]:
        """Return all of them, in their order."""
        rules = RulesFile(self.folder / "rules.yml")
        return [
            ConfigurationValidated(lambda: self.faults, list, str),
            MigrationsApplied(self._schema),
            BreakersConfigured(self.breakers, self._stage()),
            MonitoringLive(self._members, [], self._export, self.ask),
            FallbackAvailable(
                {"CLAUDE_MODEL": "a", "FALLBACK_MODEL": "b"},
                self.fallback,
                self._find,
                self.published,
                TODAY,
            ),
            self._limiter(),
            QueueTested("memory", self._send, self._answered, IDS, CLOCK),
            AuthenticationEnabled(self._gateway, self._keys, lambda: "old", self.ask),
            SecretsManaged(self.plain, {"A"}, set(), self._read_again, production=True),
            LoggingConfigured([self._probe], True, IDS),
            AlertingSet(rules, [] if self.pager is None else [self.pager]),
            RunbooksWritten(rules, self.folder, TODAY),
            TeamTrained(self._records, "acme", self.seal.opened, NOW_MS),
        ]

    def _stage(self) -> Stage:
        circuits = MemoryCircuits(CLOCK)
        return Stage(
            circuits=circuits,
            shared=True,
            options=self.options,
            clock=CLOCK,
            random=SeededRandom(),
            ids=IDS,
            telemetry=Notes(),
        )

    def _limiter(self) -> RateLimiterConfigured:
        cache = MemoryCache(CLOCK, max_keys=9)

        def side(burst: int) -> SharedLimiter:
            return SharedLimiter(
                cache,
                rate_per_minute=1,
                burst=burst,
                clock=CLOCK,
                gateways=lambda: 1,
                telemetry=Notes(),
            )

        sides = [side(self.burst if self.limited else 99), side(self.burst)]
        return RateLimiterConfigured(sides, self.burst, 5, True, self._is_up, IDS)

    async def _is_up(self) -> bool:
        return True

    async def _schema(self) -> SchemaStatus:
        return SchemaStatus(
            current="0005", head="0005", pre=self.pre, post=self.post, old=[]
        )

    async def _export(self) -> dict[str, str]:
        return self.exports

    async def _members(self) -> Sequence[Member]:
        return self.members

    async def _find(self, model: str) -> ModelFacts | None:
        return self.models.get(model)

    async def _send(self, call: str) -> None:
        self._call = call

    async def _answered(self, call: str) -> str | None:
        return "two" if self.worker_answers and self._call == call else None

    @asynccontextmanager
    async def _gateway(self) -> AsyncGenerator[str]:
        yield "http://g:1"

    async def _keys(self) -> FakeKeys:
        return self.keys

    def _read_again(self) -> None:
        if self.unreadable:
            raise MainstayError(self.unreadable)

    async def _probe(self, secret: str, words: str) -> str:
        told = {"secret": secret, "words": words}
        return "\n".join([self.log, *(f'{{"x": "{told[n]}"}}' for n in self.leaks)])

    async def _records(self) -> FakeRecords:
        return self.records
