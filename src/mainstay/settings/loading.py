"""Loading: from an environment to settings, or to every fault at once."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from mainstay.domain.errors import MainstayError
from mainstay.settings.addresses import addresses
from mainstay.settings.alerts import alert_faults
from mainstay.settings.environment import (
    Given,
    Unreadable,
    environment,
    given,
    overlaid,
)
from mainstay.settings.files import certificate
from mainstay.settings.limits import faults_of
from mainstay.settings.managed import VARIABLE, ManagedSecret, strangers
from mainstay.settings.model import Settings, variables
from mainstay.settings.rules import (
    clouds,
    data_folder,
    keys,
    missing,
    tools,
    unknown,
)

STARTING = frozenset({"ANTHROPIC_API_KEY", "DATABASE_URL", "QUEUE_URL"})
"""What a server needs to be set in production."""


class SettingsFault(MainstayError):
    """The environment does not make settings; correct what each line names.

    Args:
        faults: one line each.
    """

    def __init__(self, faults: list[str]) -> None:
        super().__init__(f"{'; '.join(faults)} (see: mainstay check config)")
        self.faults = tuple(faults)


def load(
    env: Mapping[str, str] | None = None, *, needs: frozenset[str] = STARTING
) -> Settings:
    """Return the settings of ``env`` (the process's own when None).

    Args:
        env: name to value.
        needs: what production must have set for the work at hand.

    Raises:
        SettingsFault: with every fault there is.
    """
    settings, found = _examine(environment() if env is None else env, needs)
    if found or settings is None:
        raise SettingsFault(found)
    return settings


def load_without(env: Mapping[str, str], spare: Collection[str]) -> Settings:
    """Return the settings of ``env``; what has a fault and can be spared is left out.

    Args:
        env: name to value.
        spare: names that may be left out.

    Raises:
        SettingsFault: something else has a fault.
    """
    settings, found = _examine(env, STARTING)
    names = frozenset(fault.partition(":")[0] for fault in found)
    if not names <= frozenset(spare):
        raise SettingsFault(found)
    if settings is None or names:
        settings = load(overlaid(env, dict.fromkeys(names)))
    return settings.model_copy(update={"left_out": names})


def faults(env: Mapping[str, str] | None = None) -> list[str]:
    """Return every fault of ``env``, one line each; values of secrets are not in it."""
    return _examine(environment() if env is None else env, STARTING)[1]


def notes(env: Mapping[str, str] | None = None) -> list[str]:
    """Return what is set and has no effect in this version, one line each."""
    env = environment() if env is None else env
    read = _given(env)
    found = [
        f"{name} has no effect: Mainstay sends without OpenTelemetry's SDK"
        for name in sorted(env)
        if name.startswith("OTEL_") and name.removesuffix("_FILE") not in _names()
    ]
    # What a managed secret gives is not looked up for a note.
    if "REDIS_TTL" in read.tried and not {"REDIS_URL", VARIABLE} & read.tried:
        found.append("REDIS_TTL has no effect without REDIS_URL")
    if "QUEUE_URL" in read.tried and read.values.get("QUEUE_TYPE") == "database":
        found.append("QUEUE_URL has no effect with QUEUE_TYPE=database")
    return found


def _given(env: Mapping[str, str]) -> Given:
    return given(env, _names())


def _names() -> list[str]:
    return [var.name for var, _ in variables().values()]


@dataclass(frozen=True, slots=True)
class _Managed:
    """What the managed secret gives, below environment and files.

    Args:
        values: by name, only of names that are set nowhere else.
        faults: why it could not be read, keys that mean nothing.
        whole: whether it was read, or none is named.
    """

    values: Mapping[str, str]
    faults: list[str]
    whole: bool


def _managed(read: Given, env: Mapping[str, str]) -> _Managed:
    address = read.values.get(VARIABLE)
    if address is None:
        return _Managed({}, [], whole=VARIABLE not in read.tried)
    try:
        values = ManagedSecret(address, env).read()
    except ValueError:
        return _Managed({}, [], whole=False)  # the model tells how it is written
    except Unreadable as error:
        return _Managed({}, [f"{VARIABLE}: {error}"], whole=False)
    wanted = set(_names()) - read.tried
    taken = {name: value for name, value in values.items() if name in wanted}
    return _Managed(taken, strangers(values, _names()), whole=True)


def _examine(
    env: Mapping[str, str], needs: frozenset[str]
) -> tuple[Settings | None, list[str]]:
    read = _given(env)
    below = _managed(read, env)
    values = {**below.values, **read.values}
    tried = read.tried | below.values.keys()
    settings, found = _typed(values, read.files, frozenset(below.values))
    # Of a secret that could not be read nobody knows what it lacks.
    lacking = missing(tried, values, needs) if below.whole else []
    found = [
        *(f"{name} not set" for name in lacking),
        *read.faults,
        *below.faults,
        *found,
        *addresses(values),
        *certificate(values),
        *keys(values),
        *clouds(tried, values, whole=below.whole),
        *tools(tried, values, whole=below.whole),
        *alert_faults(tried, values, whole=below.whole),
        *([] if settings is None else faults_of(settings)),
        *data_folder(values),
        *unknown(env, frozenset(v.name for v, _ in variables().values())),
    ]
    return settings, found


def _typed(
    values: Mapping[str, str], files: Mapping[str, Path], managed: frozenset[str]
) -> tuple[Settings | None, list[str]]:
    named: dict[str, Any] = {
        field: values[var.name]
        for field, (var, _) in variables().items()
        if var.name in values
    }
    try:
        whence = {"files": files, "managed": managed}
        return Settings.model_validate(named | whence), []
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False)
        return None, [_line(detail, named, managed) for detail in details]


def _line(
    detail: ErrorDetails, named: Mapping[str, Any], managed: frozenset[str]
) -> str:
    field = str(detail["loc"][0])
    var, _ = variables()[field]
    text = detail["msg"].removeprefix("Value error, ").removeprefix("Input ")
    text = text[:1].lower() + text[1:]
    value = str(named[field])
    # An address may carry a password before its @, a managed secret one anywhere.
    if var.secret or "@" in value or var.name in managed:
        return f"{var.name}: {text}"
    return f"{var.name}: {text}, not {value[:80]!r}"
