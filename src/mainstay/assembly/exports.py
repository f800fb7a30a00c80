"""Builds what sends spans, metrics and the log; nothing where nothing is set."""

import os
import socket
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from mainstay.assembly.parts import start
from mainstay.assembly.receivers import SIGNALS, Place, places
from mainstay.domain.version import VERSION
from mainstay.monitoring.telemetry import Monitoring
from mainstay.ports.telemetry import Trouble
from mainstay.settings import Settings
from mainstay.settings.otlp import Signal
from mainstay.system.chance import SystemRandom
from mainstay.system.clock import SystemClock

if TYPE_CHECKING:
    from mainstay.monitoring.exports import Exports, Sender
    from mainstay.monitoring.otlp.delivery import Delivery
    from mainstay.monitoring.otlp.end import End
    from mainstay.monitoring.otlp.outbox import Outbox
    from mainstay.monitoring.otlp.receiver import Receiver
    from mainstay.monitoring.readings import Reading

SCOPE = "mainstay"


async def open_exports(
    stack: AsyncExitStack,
    settings: Settings,
    roles: frozenset[str],
    monitoring: Monitoring,
) -> "Exports | None":
    """Start to send; None where nothing is sent. It ends with the stack, last of all.

    Args:
        stack: of the process.
        settings: who gets what.
        roles: what this process serves.
        monitoring: whose log and metrics are sent.
    """
    everywhere: dict[Signal, list[Place]] = {
        signal: places(settings, signal) for signal in SIGNALS
    }
    by_agent = settings.dogstatsd is not None and not settings.otel_disabled
    if not any(everywhere.values()) and not by_agent:
        return None
    exports = _Builder(settings, roles, monitoring).exports(everywhere)
    monitoring.send_to(exports)
    await start(stack, exports)
    return exports


def probe(settings: Settings, roles: frozenset[str]) -> dict[str, str]:
    """Post a request without items to each receiver; blocks for some seconds.

    Args:
        settings: who gets what.
        roles: of the process that asks.

    Returns:
        What each said, "" where it took it; by words like ``traces to Datadog``.
    """
    builder = _Builder(settings, roles, Monitoring(settings.log_level))
    within_s = settings.otlp_timeout_ms / 1000
    said: dict[str, str] = {}
    for signal in SIGNALS:
        for place in places(settings, signal):
            receiver = builder.receiver(place)
            said[f"{signal} to {place.name}"] = receiver.send([], within_s).reason
            receiver.close()
    return said


def resource_of(settings: Settings, roles: frozenset[str]) -> dict[str, str | int]:
    """Return what is said of this process; what is set goes first."""
    host, pid = socket.gethostname(), os.getpid()
    return {
        "service.name": SCOPE,
        "service.version": VERSION,
        "service.instance.id": f"{host}-{pid}",
        "deployment.environment.name": settings.env,
        "host.name": host,
        "process.pid": pid,
        "mainstay.role": "+".join(sorted(roles)),
        **settings.resource,
    }


class _Builder:
    """Builds senders that have the same clock, resource and terms."""

    def __init__(
        self, settings: Settings, roles: frozenset[str], monitoring: Monitoring
    ) -> None:
        self._settings = settings
        self._monitoring = monitoring
        self._resource = resource_of(settings, roles)
        self._clock = SystemClock()

    def exports(self, everywhere: Mapping[Signal, list[Place]]) -> "Exports":
        from mainstay.monitoring.exports import Exports

        return Exports(
            [self._spans(place) for place in everywhere["traces"]],
            [self._logs(place) for place in everywhere["logs"]],
            [*self._pushes(everywhere["metrics"]), *self._dogstatsd()],
            self._clock,
        )

    def receiver(self, place: Place) -> "Receiver":
        """Return what makes requests to a place."""
        from mainstay.monitoring.exchange.post import Post
        from mainstay.monitoring.otlp.envelope import Envelope
        from mainstay.monitoring.otlp.receiver import KEPT_BYTES, Receiver, headers

        packed = self._settings.otlp_compression == "gzip"
        told = headers(place.headers, compressed=packed)
        authorities = self._settings.otlp_certificate
        post = Post(place.url, told, self._clock, authorities, KEPT_BYTES)
        envelope = Envelope(self._resource, SCOPE, VERSION)
        return Receiver(post, envelope, self._clock, compressed=packed)

    def _spans(self, place: Place) -> "Outbox":
        from mainstay.monitoring.otlp.outbox import Batching, Outbox

        settings, (end, delivery) = self._settings, self._delivery("traces", place)
        batching = Batching(
            delay_s=settings.spans_delay_ms / 1000,
            most=settings.spans_most,
            batch=settings.spans_batch,
        )
        return Outbox("spans", delivery, batching, end, self._dropped("spans"))

    def _logs(self, place: Place) -> "Outbox":
        from mainstay.monitoring.otlp.outbox import Batching, Outbox

        settings, (end, delivery) = self._settings, self._delivery("logs", place)
        batching = Batching(
            delay_s=settings.logs_delay_ms / 1000,
            most=settings.logs_most,
            batch=settings.logs_batch,
        )
        return Outbox("logs", delivery, batching, end, self._dropped("logs"))

    def _pushes(self, metrics: list[Place]) -> "list[Sender]":
        if not metrics:
            return []
        from mainstay.monitoring.metrics.gen_ai import GenAiMetrics
        from mainstay.monitoring.readings import read

        collect, gen_ai = self._monitoring.collect, GenAiMetrics()
        self._monitoring.count_also(gen_ai.handlers)

        def everything() -> "list[Reading]":
            return [*read(collect), *gen_ai.readings()]

        return [self._push(place, everything) for place in metrics]

    def _push(self, place: Place, read: "Callable[[], list[Reading]]") -> "Sender":
        from mainstay.monitoring.otlp.push import Push, Rhythm

        end, delivery = self._delivery("metrics", place)
        rhythm = Rhythm(
            every_s=self._settings.metric_interval_ms / 1000, delta=place.delta
        )
        dropped = self._dropped("metrics")
        return Push(read, delivery, rhythm, end, self._clock, dropped)

    def _dogstatsd(self) -> "list[Sender]":
        from mainstay.monitoring.dogstatsd import DogStatsd

        address = self._settings.dogstatsd
        if address is None or self._settings.otel_disabled:
            return []
        tags = {
            "service": str(self._resource["service.name"]),
            "env": str(self._resource["deployment.environment.name"]),
            "version": str(self._resource["service.version"]),
        }
        # In containers, every process has the same number.
        process = str(self._resource["service.instance.id"])
        collect, dropped = self._monitoring.collect, self._dropped("metrics")
        return [DogStatsd(address, tags, process, collect, dropped)]

    def _delivery(self, signal: Signal, place: Place) -> "tuple[End, Delivery]":
        from mainstay.monitoring.otlp.delivery import Delivery, Terms
        from mainstay.monitoring.otlp.end import End

        settings, clock, end = self._settings, self._clock, End(self._clock)
        receiver = self.receiver(place)
        terms = Terms(
            request_s=settings.otlp_timeout_ms / 1000,
            patience_s=settings.patience_ms_of(signal) / 1000,
        )
        tell = self._tell(f"{signal} to {place.name}")
        return end, Delivery(receiver, terms, end, clock, SystemRandom(), tell)

    def _tell(self, what: str) -> Callable[[str], None]:
        def tell(reason: str) -> None:
            if reason:
                self._monitoring.emit(Trouble("export", f"{what}: {reason}"))

        return tell

    def _dropped(self, signal: str) -> Callable[[int], None]:
        return lambda count: self._monitoring.dropped(signal, count)
