"""One page of metrics for several processes on one port."""

import re

from mainstay.monitoring.siblings import merged
from mainstay.monitoring.telemetry import Monitoring
from mainstay.ports.telemetry import ModelCalled, Trouble


def page_of(*events: ModelCalled | Trouble) -> str:
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
    bucket = 'mainstay_model_call_duration_seconds_bucket{le="0.25",model="claude"'
    assert f'{bucket},process="0"}} 1.0' in told
    samples = [line for line in told.splitlines() if not line.startswith("#")]
    wanted = [
        line
        for page in pages.values()
        for line in page.splitlines()
        if not line.startswith("#")
    ]
    assert len(samples) == len(wanted)


def test_one_page_alone_is_itself() -> None:
    """Help, types and values pass through as they are, but for the label."""
    page = page_of(Trouble("store", "gone"))
    told = merged({0: page}).decode()
    bare = re.sub(r'(,process="0"|process="0",)', "", told)
    bare = bare.replace('{process="0"}', "")
    assert sorted(bare.splitlines()) == sorted(page.splitlines())
