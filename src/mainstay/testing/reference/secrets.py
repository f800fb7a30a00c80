"""The secrets of a deployment, each in a file of its own."""

import secrets
import shlex
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

NAMES = ("DATABASE_URL", "QUEUE_URL", "REDIS_URL")
"""Addresses that hold passwords."""


def made(addresses: Mapping[str, str]) -> dict[str, str]:
    """Return every secret by its setting: given addresses, and fresh keys."""
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    key = Ed25519PrivateKey.generate().private_bytes(*form).decode()
    return {name: addresses[name] for name in NAMES} | {
        "ANTHROPIC_API_KEY": f"stand-in-{secrets.token_hex(16)}",
        "MAINSTAY_BOOTSTRAP_KEY": secrets.token_hex(32),
        "MAINSTAY_TOKEN_SECRET": secrets.token_hex(32),
        "MAINSTAY_RECORD_KEY": key,
    }


def kept(values: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Write each into a file that its owner alone may read; return where they are."""
    folder.mkdir(mode=0o700, parents=True)
    places: dict[str, str] = {}
    for name, value in values.items():
        file = folder / name.lower()
        file.touch(mode=0o600)
        file.write_text(f"{value}\n", "utf-8")
        places[f"{name}_FILE"] = str(file)
    return places


def exported(env: Mapping[str, str]) -> str:
    """Return lines for a shell that sets these variables."""
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in env.items())
