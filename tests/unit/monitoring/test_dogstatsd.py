"""DogStatsD: what an Agent reads off its socket."""

import socket
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from mainstay.monitoring.dogstatsd import UDP_BYTES, DogStatsd

TAGS = {"service": "shop", "env": "production"}
WITHIN_S = 5.0


def registry() -> CollectorRegistry:
    """Return a registry in which something was counted."""
    kept = CollectorRegistry()
    counter = Counter("turns", "Turns.", ["outcome"], registry=kept)
    counter.labels("ok").inc(3)
    counter.labels("a,b|c d").inc()
    Gauge("depth", "Depth.", registry=kept).set(2.5)
    took = Histogram("took_seconds", "Took.", buckets=(0.1, 1), registry=kept)
    took.observe(0.5)
    took.observe(9)
    return kept


def told(agent: socket.socket, address: str, kept: CollectorRegistry) -> list[str]:
    """Return the lines that one last reading sends."""
    lost: list[int] = []
    sender = DogStatsd(address, TAGS, "7", kept.collect, lost.append)
    sender.start()
    sender.stop(0.0)
    sender.join(WITHIN_S)
    assert lost == []
    agent.settimeout(0.2)
    lines: list[str] = []
    try:
        while True:
            datagram = agent.recv(65_536)
            assert len(datagram) <= UDP_BYTES or address.startswith("unix")
            lines += datagram.decode().splitlines()
    except TimeoutError:
        return lines


def test_an_agent_reads_each_kind() -> None:
    """Counters and buckets as counts, gauges with their process, clean tags."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as agent:
        agent.bind(("127.0.0.1", 0))
        lines = told(agent, f"udp://127.0.0.1:{agent.getsockname()[1]}", registry())
    assert sorted(lines) == [
        "depth:2.5|g|#process:7,service:shop,env:production",
        "took_seconds.bucket:1|c|#upper_bound:1.0,service:shop,env:production",
        "took_seconds.bucket:1|c|#upper_bound:inf,service:shop,env:production",
        "took_seconds.count:2|c|#service:shop,env:production",
        "took_seconds.sum:9.5|c|#service:shop,env:production",
        "turns:1|c|#outcome:a_b_c_d,service:shop,env:production",
        "turns:3|c|#outcome:ok,service:shop,env:production",
    ]


def test_a_unix_socket_is_an_agent_too(tmp_path: Path) -> None:
    """In larger datagrams."""
    path = tmp_path / "dsd.socket"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as agent:
        agent.bind(str(path))
        assert len(told(agent, f"unix://{path}", registry())) == 7


def test_a_datagram_is_no_larger_than_a_frame() -> None:
    """Many series go in many datagrams."""
    kept = CollectorRegistry()
    counter = Counter("turns", "Turns.", ["outcome"], registry=kept)
    for number in range(200):
        counter.labels(f"outcome number {number}").inc()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as agent:
        agent.bind(("127.0.0.1", 0))
        lines = told(agent, f"udp://127.0.0.1:{agent.getsockname()[1]}", kept)
    assert len(lines) == 200


@pytest.mark.parametrize("nowhere", ["unix://{}/none", "udp://a..b:8125"])
def test_an_agent_that_is_not_there_costs_nothing(tmp_path: Path, nowhere: str) -> None:
    """Datagrams are counted as lost, and nobody waits."""
    lost: list[int] = []
    address = nowhere.format(tmp_path)
    sender = DogStatsd(address, TAGS, "7", registry().collect, lost.append)
    sender.start()
    sender.stop(0.0)
    sender.join(WITHIN_S)
    assert sum(lost) == 1
