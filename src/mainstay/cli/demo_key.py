"""The demo's key: a file beside the store that only its owner may read."""

import os
from pathlib import Path

from mainstay.gateway.keyring import new_secret

NAME = "demo-key"


def read_demo_key(data: Path) -> str | None:
    """Return the demo's key, None when no demo ran in this folder."""
    try:
        return (data / NAME).read_text().strip() or None
    except FileNotFoundError:
        return None


def keep_demo_key(data: Path) -> str:
    """Return the demo's key; the first time, make one and write it, mode 0600."""
    found = read_demo_key(data)
    if found is not None:
        return found
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    secret = new_secret()
    draft = data / f"{NAME}.new"
    draft.unlink(missing_ok=True)
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "w") as out:
        out.write(f"{secret}\n")
    draft.replace(data / NAME)
    return secret
