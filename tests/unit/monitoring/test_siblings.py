"""One page of metrics for several processes on one port."""

from prometheus_client.parser import text_string_to_metric_families
from tests.unit.monitoring.every_event import EVERY_EVENT, after

from mainstay.monitoring.siblings import LABEL, merged
from mainstay.monitoring.telemetry import Monitoring
from mainstay.ports.model_events import ModelCalled
from mainstay.ports.telemetry import TelemetryEvent, Trouble


def page_of(*events: TelemetryEvent) -> str:
    """Return the metrics of a process that these events befell."""
    monitoring = Monitoring("CRITICAL")
    for event in events:
        monitoring.emit(event)
    return monitoring.render().decode()


def test_each_series_has_its_process_and_nothing_is_summed() -> None:
    """Every sample of every page is there once, labelled; types are said once."""
    trouble = Trouble("store", "gone")
    called = ModelCalled("turn", "claude", "ok", 200.0)
    pages = {0: page_of(trouble, called), 1: page_of(trouble, trouble)}
    told = merged(pages).decode()
    assert 'mainstay_troubles_total{process="0",where="store"} 1.0' in told
    assert 'mainstay_troubles_total{process="1",where="store"} 2.0' in told
    assert told.count("# TYPE mainstay_troubles_total counter") == 1
    bucket = 'mainstay_model_call_duration_seconds_bucket{process="0",le="0.25"'
    assert f'{bucket},model="claude"}} 1.0' in told


def test_the_page_can_be_read_and_has_every_sample() -> None:
    """As many samples as the pages together, each with the value that it had there.

    Also those whose labels have braces, quotes and blanks in them.
    """
    odd = Trouble('a {b="c"} d\\e\nf, 1 \u2028', "x")
    pages = {
        0: after(*EVERY_EVENT, odd).render().decode(),
        3: after(*EVERY_EVENT[:9], odd, odd).render().decode(),
    }
    found: dict[int, list[tuple[object, ...]]] = {0: [], 3: []}
    for family in text_string_to_metric_families(merged(pages).decode()):
        for sample in family.samples:
            labels = dict(sample.labels)
            number = int(labels.pop(LABEL))
            found[number].append((sample.name, sorted(labels.items()), sample.value))
    for number, text in pages.items():
        wanted = [
            (sample.name, sorted(sample.labels.items()), sample.value)
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        ]
        assert sorted(found[number], key=repr) == sorted(wanted, key=repr)


def test_a_metric_that_one_process_has_is_on_the_page() -> None:
    """Processes need not have the same ones."""
    first, second = "# HELP a A.\n# TYPE a gauge\n", "# HELP b B.\n# TYPE b gauge\n"
    told = merged({0: first, 1: f"{second}b 1.0\n"}).decode()
    assert told == f'{first}{second}b{{process="1"}} 1.0\n'
