"""The forms values are written in, each checked by one function."""

import re
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from pydantic import SecretStr

from mainstay.settings.secrets_manager import located

_AGENT = re.compile(r"([A-Za-z_]\w*(\.[A-Za-z_]\w*)*|[^\0]*\.py):[A-Za-z_]\w*")
_ID = re.compile(r"[!-<>-~]{1,300}")
_SQLITE = "sqlite:///"


def agent_path(value: object) -> str:
    """Return ``pkg.module:agent`` or ``path/to/file.py:agent`` as it is.

    Raises:
        ValueError: it is written otherwise.
    """
    text = str(value)
    if not _AGENT.fullmatch(text):
        message = "should have the form pkg.module:agent or path/to/file.py:agent"
        raise ValueError(message)
    return text


def base_url(value: object) -> str:
    """Return an http(s) address without its trailing slash.

    Raises:
        ValueError: it is no such address, or it carries credentials.
    """
    parts = urlsplit(str(value))
    if parts.scheme not in {"http", "https"} or not (parts.hostname and _port(parts)):
        message = "should be an address like https://host:port"
        raise ValueError(message)
    if parts.username is not None:
        message = "should carry no user or password"
        raise ValueError(message)
    return str(value).rstrip("/")


def page_address(value: SecretStr) -> SecretStr:
    """Return an http(s) address whose path or query may be a secret.

    Raises:
        ValueError: it is no such address; the message shows nothing of it.
    """
    parts = urlsplit(value.get_secret_value())
    if parts.scheme not in {"http", "https"} or not (parts.hostname and _port(parts)):
        message = "should be an address like https://host/path"
        raise ValueError(message)
    return value


SMTP_PORTS = {"smtp": 587, "smtps": 465, "smtp+plain": 25}


def mail_server(value: SecretStr) -> SecretStr:
    """Return ``smtp://user:password@host:port``, ``smtps://…`` or ``smtp+plain://…``.

    Raises:
        ValueError: it is written otherwise, or sends a password in the clear.
    """
    parts = urlsplit(value.get_secret_value())
    if parts.scheme not in SMTP_PORTS or not (parts.hostname and _port(parts)):
        message = "should be like smtp://user:password@host:587"
        raise ValueError(message)
    if parts.scheme == "smtp+plain" and parts.username is not None:
        message = "a password goes by smtp:// or smtps:// only"
        raise ValueError(message)
    return value


_MAIL = re.compile(r"[^@\s,<>\"]{1,64}@[^@\s,<>\"]{1,255}")


def addressees(value: object) -> str:
    """Return addresses of mail, as ``one@a.example,two@b.example``.

    Raises:
        ValueError: one of them is none.
    """
    found = [one.strip() for one in str(value).split(",")]
    if not all(_MAIL.fullmatch(one) for one in found):
        message = "should be addresses like ops@example.com, with commas between them"
        raise ValueError(message)
    return ",".join(found)


PROVIDERS = ("anthropic", "bedrock", "vertex")


def providers(value: object) -> str:
    """Return a list of providers, each once, as ``anthropic,bedrock``.

    Raises:
        ValueError: it is empty, or names one twice or one that there is not.
    """
    names = [name.strip() for name in str(value).split(",")]
    if len(set(names)) < len(names) or not set(names) <= set(PROVIDERS):
        message = f"should name some of {', '.join(PROVIDERS)}, each once"
        raise ValueError(message)
    return ",".join(names)


def model_ids(value: object) -> str:
    """Return pairs like ``claude-sonnet-5-5=us.anthropic.claude-sonnet-5-5,…``.

    Raises:
        ValueError: a pair lacks one half, or a model comes twice.
    """
    pairs = [pair.partition("=") for pair in str(value).split(",")]
    models = [model.strip() for model, _, _ in pairs]
    if not all(_ID.fullmatch(one.strip()) for m, _, id_ in pairs for one in (m, id_)):
        message = "should be pairs of ids, model=id,model=id"
        raise ValueError(message)
    if len(set(models)) < len(models):
        message = "should name each model once"
        raise ValueError(message)
    return ",".join(f"{m.strip()}={id_.strip()}" for m, _, id_ in pairs)


def _port(parts: SplitResult) -> bool:
    """Tell whether the port is left out or one that exists."""
    try:
        return parts.port != 0
    except ValueError:
        return False


def capitals(value: object) -> object:
    """Return a text in capitals, anything else as it is."""
    return value.upper() if isinstance(value, str) else value


def secrets_address(value: object) -> str:
    """Return ``aws-secretsmanager://name-or-arn?region=…`` as it is.

    Raises:
        ValueError: it is written otherwise.
    """
    located(str(value))
    return str(value)


def sqlite_path(url: str) -> Path:
    """Return the file of ``sqlite:///path``; four slashes begin an absolute path.

    The form is SQLAlchemy's: https://docs.sqlalchemy.org/en/20/core/engines.html#sqlite

    Raises:
        ValueError: the address names no file.
    """
    path = url.removeprefix(_SQLITE)
    if path == url or not path or path.startswith(":") or "?" in path:
        message = "should name a file: sqlite:///relative/path or sqlite:////path"
        raise ValueError(message)
    return Path(path)
