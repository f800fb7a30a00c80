"""Settings from a managed secret: a JSON object whose keys are settings' names."""

import json
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, cast

from mainstay.settings.environment import Unreadable
from mainstay.settings.secrets_manager import AwsSecret, located

VARIABLE = "MAINSTAY_SECRETS"


class ManagedSecret:
    """One secret that holds settings.

    Args:
        address: ``aws-secretsmanager://name-or-arn?region=…``.
        env: the environment, for AWS_REGION.

    Raises:
        ValueError: the address is written otherwise.
    """

    def __init__(self, address: str, env: Mapping[str, str]) -> None:
        self._secret = AwsSecret(located(address), env)

    def read(self) -> dict[str, str]:
        """Return the values by name, without empty ones; blocks for seconds at most.

        Raises:
            Unreadable: with the reason, in one line without values.
        """
        try:
            found: object = json.loads(self._secret.read())
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise Unreadable(
                'its text is not a JSON object like {"ANTHROPIC_API_KEY": "…"}'
            )
        texts = {
            name: _text(name, value)
            for name, value in cast("dict[str, Any]", found).items()
        }
        return {name: text for name, text in texts.items() if text}


def strangers(values: Iterable[str], names: Iterable[str]) -> list[str]:
    """Name each key that is no setting, with the nearest name that is."""
    known = sorted(set(names) - {VARIABLE})
    found: list[str] = []
    for name in sorted(set(values) - set(known)):
        near = get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else "take it out"
        found.append(f"{VARIABLE}: the key {name[:80]} is not a setting; {hint}")
    return found


def _text(name: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (bool, int, float)):
        return json.dumps(value)
    raise Unreadable(f"the value of {name[:80]} is not a text")
