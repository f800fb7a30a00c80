"""QUEUE_URL of Kafka, and what the client is set to by it."""

import pytest

from mainstay.queues.kafka.address import options_of
from mainstay.queues.kafka.client import common, consuming, producing
from mainstay.queues.kafka.options import KafkaOptions


def options(url: str) -> KafkaOptions:
    """Return the options of an address."""
    return options_of(url, batch=100, visibility_s=300)


def test_an_address_names_brokers_and_topic():
    """Several brokers; the port may be left out."""
    found = options("kafka://one,two:9093,[::1],[::1]:9094/acme.wakes")
    assert found.servers == "one:9092,two:9093,[::1]:9092,[::1]:9094"
    assert found.topic == "acme.wakes"
    assert (found.dead_topic, found.group) == ("acme.wakes.dead", "acme.wakes.workers")
    assert common(found)["security.protocol"] == "PLAINTEXT"


def test_an_address_names_security():
    """TLS by the scheme, SASL by a user; what is special in both is decoded."""
    found = options(
        "kafka+ssl://a%40b:p%2Fw@one/t?ca=/etc/ca.pem&mechanism=SCRAM-SHA-512"
    )
    assert (
        common(found).items()
        >= {
            "security.protocol": "SASL_SSL",
            "ssl.ca.location": "/etc/ca.pem",
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": "a@b",
            "sasl.password": "p/w",
        }.items()
    )
    assert "p/w" not in repr(found)


def test_an_address_names_what_is_made():
    """How many partitions and replicas ``init`` asks for."""
    found = options("kafka://one/t?partitions=24&replicas=3")
    assert (found.partitions, found.replicas) == (24, 3)


@pytest.mark.parametrize(
    "url",
    [
        "amqp://one/t",
        "kafka:///t",
        "kafka://one",
        "kafka://one/a/b",
        "kafka://one/t?acks=0",
        "kafka://one/t?partitions=many",
        "kafka://one/t?partitions=0",
        "kafka://one/t?replicas=0",
        "kafka://one/t?mechanism=GSSAPI",
        "kafka://one/t#f",
        "kafka://one/..",
    ],
)
def test_another_address_is_refused(url: str):
    """With a reason that shows nothing of it."""
    secret = url.replace("//", "//user:geheim@")
    with pytest.raises(ValueError, match=r"\w") as caught:
        options(secret)
    assert "geheim" not in str(caught.value)


def test_times_have_their_order():
    """Three heartbeats fit a session, that a poll interval; no time is 0."""
    for wrong in (
        {"session_s": 31.0},
        {"session_s": 2.0},
        {"heartbeat_s": 0.0},
        {"timeout_s": 0.0},
        {"batch": 0},
    ):
        with pytest.raises(ValueError, match=r"\w"):
            KafkaOptions(servers="one:9092", topic="t", **wrong)  # pyright: ignore[reportArgumentType]


def test_what_is_promised_is_set():
    """All replicas, idempotent, bounded; commits of what is stored by hand only."""
    found = options("kafka://one/t")
    writes, reads = producing(found), consuming(found)
    assert (writes["acks"], writes["enable.idempotence"]) == ("all", True)
    assert writes["message.timeout.ms"] == 2000
    assert writes["queue.buffering.max.messages"] <= 10_000
    assert reads["enable.auto.offset.store"] is False
    assert reads["partition.assignment.strategy"] == "cooperative-sticky"
    assert reads["auto.offset.reset"] == "earliest"
