"""AWS Secrets Manager: reads one secret, with bounded time and no retries beyond one.

API: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

from mainstay.settings.environment import Unreadable

SCHEME = "aws-secretsmanager://"
CONNECT_S = 2.0
READ_S = 3.0
ATTEMPTS = 2

_NO_CREDENTIALS = frozenset(
    {
        "CredentialRetrievalError",
        "NoCredentialsError",
        "PartialCredentialsError",
        "ProfileNotFound",
        "TokenRetrievalError",
        "UnauthorizedSSOTokenError",
    }
)
_AWAY = re.compile("Timeout|Connect|Proxy|SSLError|HTTPClient")
_REFUSED = frozenset(
    {
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "UnrecognizedClientException",
    }
)


@dataclass(frozen=True, slots=True)
class Location:
    """Where a secret is.

    Args:
        id: its name or ARN.
        region: its AWS region, "" for the process's own.
    """

    id: str
    region: str


def located(address: str) -> Location:
    """Return the place that ``aws-secretsmanager://name-or-arn?region=…`` names.

    Raises:
        ValueError: the address is written otherwise.
    """
    id_, _, query = address.removeprefix(SCHEME).partition("?")
    key, _, region = query.partition("=")
    if not address.startswith(SCHEME) or not id_ or (query and key != "region"):
        message = f"should be like {SCHEME}name-or-arn?region=eu-central-1"
        raise ValueError(message)
    # arn:aws:secretsmanager:<region>:<account>:secret:<name>
    in_arn = id_.split(":")[3] if id_.startswith("arn:") and id_.count(":") > 3 else ""  # noqa: PLR2004
    return Location(id_, region or in_arn)


class AwsSecret:
    """Reads one secret's text; a client is made at the first read, and kept.

    Credentials, endpoint and proxies are found as every AWS tool finds them:
    https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html

    Args:
        location: which secret.
        env: the environment, for AWS_REGION.
    """

    def __init__(self, location: Location, env: Mapping[str, str]) -> None:
        self._location = location
        self._region = location.region or env.get("AWS_REGION", "")
        self._client: Any = None

    def read(self) -> str:
        """Return the secret's current text.

        Takes 12 s at most, and as long again where AWS gives the credentials too.

        Raises:
            Unreadable: with the reason, in one line.
        """
        try:
            return self._read()
        except ModuleNotFoundError as error:
            told = "AWS Secrets Manager needs its client; install mainstay[aws]"
            raise Unreadable(told) from error
        except Exception as error:
            if not type(error).__module__.startswith("botocore."):
                raise
            # Not `from error`: what AWS says may quote what was sent.
            raise Unreadable(self._reason(error)) from None

    def _read(self) -> str:
        if self._client is None:
            self._client = self._connected()
        answer = self._client.get_secret_value(SecretId=self._location.id)
        text = answer.get("SecretString")
        if text is None:
            raise Unreadable(f"{self._location.id} holds bytes; make it a text")
        return cast("str", text)

    def _connected(self) -> Any:
        session: Any = import_module("botocore.session").Session()
        config = import_module("botocore.config").Config(
            connect_timeout=CONNECT_S,
            read_timeout=READ_S,
            retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
        )
        # For the clients, too, that fetch credentials: alone they take minutes.
        session.set_default_client_config(config)
        region = self._region or None
        return session.create_client("secretsmanager", region_name=region)

    def _reason(self, error: Exception) -> str:
        response: Mapping[str, Any] | None = getattr(error, "response", None)
        if response is not None:
            return self._answered(str(response.get("Error", {}).get("Code", "")))
        name = type(error).__name__
        if name in _NO_CREDENTIALS:
            return "no AWS credentials found; give this process a role or keys"
        if name == "NoRegionError":
            return "no AWS region; add ?region=… or set AWS_REGION"
        if _AWAY.search(name):
            return f"AWS cannot be reached ({name}); check network and region"
        return f"AWS cannot be asked for {self._location.id} ({name})"

    def _answered(self, code: str) -> str:
        id_ = self._location.id
        if code == "ResourceNotFoundException":
            return f"there is no secret {id_}; check name and region, or create it"
        if code == "AccessDeniedException":
            return f"AWS denies access to {id_}; allow secretsmanager:GetSecretValue"
        if code in _REFUSED:
            return f"AWS refuses the credentials ({code}); renew them"
        return f"AWS cannot give {id_} now ({code}); look at it in the AWS console"
