"""A stand-in for AWS Secrets Manager on loopback, spoken to over HTTP."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.session import Session
from moto.server import ThreadedMotoServer

REGION = "eu-central-1"


@dataclass(frozen=True)
class SecretsServer:
    """A running stand-in.

    Args:
        endpoint: where it listens.
    """

    endpoint: str

    @property
    def env(self) -> dict[str, str]:
        """What a process needs to find it, and nothing else of AWS."""
        return {
            "AWS_ENDPOINT_URL_SECRETS_MANAGER": self.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def create(self, name: str, secret: Any) -> str:
        """Create a secret; return its ARN."""
        made = self._client().create_secret(Name=name, SecretString=_text(secret))
        return made["ARN"]

    def create_binary(self, name: str) -> None:
        """Create a secret of bytes."""
        self._client().create_secret(Name=name, SecretBinary=b"x")

    def put(self, name: str, secret: Any) -> None:
        """Rotate a secret."""
        self._client().put_secret_value(SecretId=name, SecretString=_text(secret))

    def _client(self) -> Any:
        return Session().create_client(
            "secretsmanager",
            region_name=REGION,
            endpoint_url=self.endpoint,
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106 - any will do
        )


def _text(secret: Any) -> str:
    return secret if isinstance(secret, str) else json.dumps(secret)


@contextmanager
def running() -> Generator[SecretsServer]:
    """Run a stand-in on a free port."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield SecretsServer(f"http://{host}:{port}")
    finally:
        server.stop()
