"""What a worker does before its first scrape with news is alerted on like any other."""

import io
from collections.abc import Mapping, Sequence

from mainstay.monitoring.alerting.rounds import Rounds
from mainstay.monitoring.alerting.rules import load
from mainstay.monitoring.alerting.target import Target
from mainstay.monitoring.alerting.watcher import EVERY_S
from mainstay.monitoring.alerts import SHIPPED
from mainstay.monitoring.telemetry import Monitoring
from mainstay.ports.telemetry import ModelCalled, TelemetryEvent, TurnEnded

MODEL = "claude-sonnet-5-5"
SPENT = ModelCalled("turn_1", MODEL, "spent", 10.0)
LOWERED = TurnEnded("turn_1", "answered", 2, 1000.0, 1000.0)
ROUNDS = 40
BEGAN_S = 1_800_000_000.0


def fired(workers: int, happens: Mapping[int, Sequence[TelemetryEvent]]) -> set[str]:
    """Return the alerts that fired; workers take turns in what happens in a round."""
    rounds = Rounds(load(SHIPPED), {})
    made = [Monitoring("ERROR", stream=io.StringIO()) for _ in range(workers)]
    targets = [Target(f"h{n}:1", rounds.samples) for n in range(workers)]
    for one in made:
        one.show_answers([MODEL])
    names: set[str] = set()
    for n in range(ROUNDS):
        for event in happens.get(n, ()):
            made[n % workers].emit(event)
        now_s = BEGAN_S + n * EVERY_S
        for one, target in zip(made, targets, strict=True):
            target.take(one.render().decode(), now_s)
        rounds.play(now_s)
        names |= {one.name for one in rounds.alerts if one.state == "firing"}
    return names


def test_refusals_of_its_first_calls_are_told() -> None:
    """All three in one scrape: the model's series does not begin with them."""
    assert "MainstayModelRefuses" in fired(1, {4: [SPENT] * 3})
    assert "MainstayModelRefuses" not in fired(1, {})


def test_first_replies_of_many_workers_are_told() -> None:
    """Each worker's first ones, all from the fallback model, in a scrape of its own."""
    happens = {5 + n: [LOWERED] * 3 for n in range(8)}
    assert "MainstayFallbackShare" in fired(8, happens)
