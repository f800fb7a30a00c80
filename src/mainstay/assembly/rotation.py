"""The secrets that may change while a process runs, and where each comes from."""

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, urlsplit

from mainstay.assembly.parts import start
from mainstay.assembly.watched import Pace, Watched
from mainstay.ports.secret import Secret
from mainstay.ports.telemetry import Telemetry
from mainstay.settings import ManagedSecret, Settings, environment, of_file
from mainstay.system.chance import SystemRandom
from mainstay.system.clock import SystemClock

STAND_IN_KEY = "stand-in"
FILE = Pace(every_s=2.0, gap_s=0.0)
MANAGED = Pace(every_s=60.0, gap_s=3.0)
JITTER = 0.2
"""Share by which a process is off the managed pace, so that a fleet spreads out."""

MOVED = (
    "DATABASE_URL names another place than before; only user and password change "
    "without a restart"
)


class Rotation:
    """Watches the places that secrets came from.

    Args:
        values: of every secret, by name; those that no place gives stay.
        places: by the names of their values.
    """

    def __init__(
        self, values: Mapping[str, str], places: Mapping[str, Watched]
    ) -> None:
        self._values = values
        self._places = places
        self._stack = AsyncExitStack()

    async def start(self) -> None:
        """Start to watch; a process whose secrets are variables watches nothing."""
        for place in {id(place): place for place in self._places.values()}.values():
            await start(self._stack, place)

    async def stop(self) -> None:
        """Stop watching; may be repeated."""
        await self._stack.aclose()

    def secret(self, name: str) -> Secret:
        """Return the secret of that name."""
        place = self._places.get(name)
        return _Kept(self._values[name]) if place is None else _Found(name, place)


def rotation_of(settings: Settings, telemetry: Telemetry) -> Rotation:
    """Return what watches the secrets of these settings."""
    values = _values(settings)
    clock = SystemClock()

    def watched(
        names: frozenset[str], read: Callable[[], Mapping[str, str]], pace: Pace
    ) -> dict[str, Watched]:
        place = Watched(
            {name: values[name] for name in names},
            read,
            objection,
            pace=pace,
            clock=clock,
            telemetry=telemetry,
        )
        return dict.fromkeys(names, place)

    places: dict[str, Watched] = {}
    for name in values.keys() & settings.files.keys():
        places |= watched(frozenset({name}), _file(name, settings.files[name]), FILE)
    managed = settings.managed & values.keys()
    if managed and settings.secrets is not None:
        secret = ManagedSecret(settings.secrets, environment())
        off = SystemRandom().uniform(1 - JITTER, 1 + JITTER)
        pace = Pace(every_s=MANAGED.every_s * off, gap_s=MANAGED.gap_s)
        places |= watched(managed, secret.read, pace)
    return Rotation(values, places)


def objection(name: str, old: str, new: str) -> str:
    """Return why a value cannot be taken while the process runs, "" if it can.

    Conversations live in one database: another one is for a new process.
    """
    if name == "DATABASE_URL" and _place(old) != _place(new):
        return MOVED
    return ""


@dataclass(frozen=True, slots=True)
class _Kept:
    """A value of the environment: it stays what it is."""

    value: str

    def current(self) -> str:
        return self.value

    async def renewed(self, refused: str) -> bool:
        return self.value != refused


@dataclass(frozen=True, slots=True)
class _Found:
    """A value of a place that is watched."""

    name: str
    place: Watched

    def current(self) -> str:
        return self.place.current(self.name)

    async def renewed(self, refused: str) -> bool:
        return await self.place.renewed(self.name, refused)


def _values(settings: Settings) -> dict[str, str]:
    key, url = settings.anthropic_api_key, settings.database_url
    return {
        "ANTHROPIC_API_KEY": STAND_IN_KEY if key is None else key.get_secret_value(),
        "DATABASE_URL": "" if url is None else url.get_secret_value(),
    }


def _file(name: str, path: Path) -> Callable[[], Mapping[str, str]]:
    return lambda: {name: of_file(name, path)}


def _place(url: str) -> tuple[object, ...]:
    """Return all of an address that must not change: not user, not password."""
    parts = _split(url)
    query = [
        pair for pair in parse_qsl(parts.query) if pair[0] not in {"user", "password"}
    ]
    return parts.scheme, parts.netloc.rpartition("@")[2], parts.path, sorted(query)


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        return SplitResult("", "", url, "", "")
