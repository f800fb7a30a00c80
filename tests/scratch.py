"""Folders of servers that live as long as the test session, and go with it."""

import shutil
import tempfile
from pathlib import Path

from mainstay.testing.servers.server import ServerProcess

_folders: list[Path] = []
_servers: list[ServerProcess] = []


def folder(name: str) -> Path:
    """Return a new folder that is removed when the session ends."""
    made = Path(tempfile.mkdtemp(prefix=f"mainstay-{name}-"))
    _folders.append(made)
    return made


def until_the_end(server: ServerProcess) -> None:
    """End a server when the session does: nothing may write to a removed folder."""
    _servers.append(server)


def clear() -> None:
    """End servers and remove folders, a gigabyte or two; may be repeated."""
    while _servers:
        _servers.pop().kill()
    while _folders:
        shutil.rmtree(_folders.pop(), ignore_errors=True)
