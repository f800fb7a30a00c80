"""A request's span begins in the client's trace, and the sampler decides."""

from collections.abc import Generator
from itertools import count

import pytest

from mainstay.domain.trace import Trace
from mainstay.monitoring.sampling import Sampler
from mainstay.monitoring.tracer import Tracer
from mainstay.ports.correlation import SPAN

GIVEN, ABOVE = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SAMPLED = f"00-{GIVEN}-{ABOVE}-01".encode()
UNSAMPLED = f"00-{GIVEN}-{ABOVE}-00".encode()
LOW, HIGH = "f" * 16 + "0" * 15 + "1", "0" * 16 + "f" * 16


@pytest.fixture(autouse=True)
def _alone() -> Generator[None]:
    """Let no other test's log lines name the spans of this one."""
    token = SPAN.set(("", ""))
    yield
    SPAN.reset(token)


def tracer(name: str = "parentbased_always_on", ratio: float = 1.0) -> Tracer:
    """Return a tracer whose ids count up."""
    numbers = count(1)
    return Tracer(Sampler(name, ratio), lambda n: f"{next(numbers):0{2 * n}x}")


def test_a_client_without_a_trace_gets_a_new_one() -> None:
    """Also when what it sent is no trace."""
    for header in (b"", b"nonsense", b"\xff" * 55):
        trace = tracer().begin(header, b"a=1")
        assert trace == Trace("0" * 32, "0" * 15 + "1", True)


def test_a_client_with_a_trace_goes_on_with_it() -> None:
    """Its state too; its span is the parent."""
    trace = tracer().begin(SAMPLED, b"vendor=1")
    assert trace == Trace(GIVEN, "0" * 15 + "1", True, "vendor=1", ABOVE)


def test_log_lines_of_the_task_name_the_span() -> None:
    """From its beginning on, if it is kept."""
    trace = tracer().begin(SAMPLED, b"")
    assert SPAN.get() == (trace.trace_id, trace.span_id)
    tracer().begin(UNSAMPLED, b"")
    assert SPAN.get() == (trace.trace_id, trace.span_id)


@pytest.mark.parametrize(
    ("name", "new", "sampled", "unsampled"),
    [
        ("always_on", True, True, True),
        ("always_off", False, False, False),
        ("parentbased_always_on", True, True, False),
        ("parentbased_always_off", False, True, False),
        ("parentbased_traceidratio", False, True, False),
    ],
)
def test_who_decides(name: str, *, new: bool, sampled: bool, unsampled: bool) -> None:
    """The client where it did and the sampler follows it; else the sampler."""
    one = tracer(name, ratio=0.0)
    kept = [one.begin(h, b"").sampled for h in (b"", SAMPLED, UNSAMPLED)]
    assert kept == [new, sampled, unsampled]


def test_a_ratio_keeps_its_share() -> None:
    """By the lower half of the id, so that all services keep the same traces."""
    half = Sampler("traceidratio", 0.5)
    assert half.keeps(LOW, parent=None)
    assert not half.keeps(HIGH, parent=True)
    assert Sampler("traceidratio", 1.0).keeps(HIGH, parent=None)
    assert not Sampler("traceidratio", 0.0).keeps(LOW, parent=None)
