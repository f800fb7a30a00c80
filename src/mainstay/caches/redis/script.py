"""The Lua scripts: each has a file, and is known to the server by its digest."""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Script:
    """A script as EVAL takes it, and its digest as EVALSHA does.

    Args:
        text: the source.
        digest: SHA-1 in hex; Redis' name for it, no protection.
    """

    text: str
    digest: str


@cache
def script(name: str) -> Script:
    """Return the script of ``caches/redis/lua/{name}.lua``."""
    text = files("mainstay.caches.redis").joinpath(f"lua/{name}.lua").read_text("utf-8")
    digest = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
    return Script(text, digest)
