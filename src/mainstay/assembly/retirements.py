"""Shows how long the models of the settings will be served."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime

from mainstay.domain.step import FIRST_PARTY
from mainstay.models.claude import ClaudeModel
from mainstay.models.retirements import RETIREMENTS
from mainstay.monitoring.gauges import Gauges, Look
from mainstay.monitoring.telemetry import Monitoring
from mainstay.ports.clock import Clock
from mainstay.ports.model import Model
from mainstay.ports.telemetry import Trouble
from mainstay.settings import Settings
from mainstay.system.clock import SystemClock

HOUR_S = 3600.0


class Retirements:
    """Shows until when models are served: as Anthropic tells, else as its SDK does.

    Args:
        claude: asks Anthropic; None where another provides.
        names: of the models.
        monitoring: shows it, and is told once of a model that cannot be asked for.
        clock: tells how long it is until then.
    """

    def __init__(
        self,
        claude: ClaudeModel | None,
        names: Iterable[str],
        monitoring: Monitoring,
        clock: Clock,
    ) -> None:
        self._claude = claude
        self._names = sorted(names)
        self._monitoring = monitoring
        self._clock = clock
        dated = [name for name in self._names if name in RETIREMENTS]
        self._at_ms = {name: _start_ms(RETIREMENTS[name]) for name in dated}
        self._unanswered: set[str] = set()

    async def look(self) -> None:
        """Ask for each model, and show those that have a date."""
        for name in self._names:
            if self._claude is not None:
                await self._ask(self._claude, name)
            at_ms = self._at_ms.get(name)
            if at_ms is not None:
                in_s = (at_ms - self._clock.now_ms()) / 1000
                self._monitoring.state.set_retirement(name, in_s)

    async def _ask(self, claude: ClaudeModel, name: str) -> None:
        """Note a model's date; without an answer the one that is known goes on."""
        try:
            at_ms = await claude.retires_at_ms(name)
        except Exception as error:  # noqa: BLE001 - the words may be the server's
            # A server in Anthropic's place may never know: that is no news each hour.
            if name not in self._unanswered:
                self._unanswered.add(name)
                told = f"{name} cannot be asked for: {type(error).__name__}"
                self._monitoring.emit(Trouble("model retirement", told))
            return
        self._unanswered.discard(name)
        if at_ms is not None:
            self._at_ms[name] = at_ms


def retirements_of(
    settings: Settings, models: Mapping[str, Model], monitoring: Monitoring
) -> Gauges:
    """Return what looks hourly how long the settings' models are served."""
    claude, clock = models.get(FIRST_PARTY), SystemClock()
    names = {settings.claude_model}
    if settings.fallback_enabled:
        names.add(settings.fallback_model)
    asked = claude if isinstance(claude, ClaudeModel) else None
    retirements = Retirements(asked, names, monitoring, clock)
    look = Look(retirements.look, HOUR_S, at_start=False)
    return Gauges([look], monitoring, clock)


def _start_ms(day: date) -> int:
    return round(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
