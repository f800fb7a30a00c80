"""Builds the monitoring of a process, and what it must never show."""

import sys
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from mainstay.assembly.receivers import SIGNALS
from mainstay.monitoring.telemetry import Monitoring
from mainstay.settings import Settings
from mainstay.system.spill import spilling, unheard
from mainstay.tools.recording import RECORDER


def monitoring_of(settings: Settings) -> Monitoring:
    """Return it, with the settings' secrets hidden, and let authors record to it."""
    as_json = settings.env == "production"
    log = spilling(sys.stderr)
    # From here on nothing that anybody writes there waits for who reads it.
    sys.stderr = unheard(log)
    monitoring = Monitoring(settings.log_level, as_json=as_json, stream=log)
    secrets = secrets_of(settings)
    monitoring.hide(lambda: secrets)
    # All that this process starts from here on has it.
    RECORDER.set(monitoring)
    return monitoring


def secrets_of(settings: Settings) -> set[str]:
    """Return the values of all secret settings, and those that are inside of them.

    These are the passwords of addresses, and the values of headers, which are what a
    receiver that quotes a request would show.
    """
    values = (getattr(settings, name) for name in type(settings).model_fields)
    secrets = {v.get_secret_value() for v in values if isinstance(v, SecretStr)}
    for signal in SIGNALS:
        for value in settings.headers_of(signal).values():
            # Also without the word before it: "Bearer", "Api-Token".
            secrets |= {value, value.rpartition(" ")[2]} - {""}
    return with_passwords(secrets)


def with_passwords(secrets: set[str]) -> set[str]:
    """Return secrets, and of addresses among them the passwords by themselves."""
    return secrets.union(*map(_passwords_in, secrets))


def _passwords_in(address: str) -> set[str]:
    """Return the password of an address as it is written, and as it is meant."""
    try:
        password = urlsplit(address).password
    except ValueError:
        return set()
    return set() if not password else {password, unquote(password)}
