"""Brokers that take long to start: one for all tests, which may stop or freeze it."""

from collections.abc import Iterator

import pytest
from tests.conformance.kafka_secured import Secured, secured

from mainstay.testing.servers.kafka import KafkaServer
from mainstay.testing.servers.rabbitmq import RabbitMqServer


@pytest.fixture(scope="session")
def kafka_made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """Make one server."""
    made = secured(tmp_path_factory.mktemp("kafka"))
    yield made
    made.server.process.kill()


@pytest.fixture
def kafka_server(kafka_made: Secured) -> KafkaServer:
    """Give the server, which runs whatever the test before did to it."""
    kafka_made.server.start()
    return kafka_made.server


@pytest.fixture(scope="session")
def rabbitmq_made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMqServer]:
    """Make one server."""
    server = RabbitMqServer(tmp_path_factory.mktemp("rabbitmq"))
    yield server
    server.stop()


@pytest.fixture
def rabbitmq_server(rabbitmq_made: RabbitMqServer) -> RabbitMqServer:
    """Give the server, which runs whatever the test before did to it."""
    rabbitmq_made.start()
    return rabbitmq_made
