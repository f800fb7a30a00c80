"""Named SQL: every statement has a file, a name and a sentence about it."""

import re
from functools import cache
from importlib.resources import files

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


@cache
def load(engine: str, file: str) -> dict[str, str]:
    """Return the statements of ``stores/{engine}/sql/{file}.sql`` by name."""
    folder = files(f"mainstay.stores.{engine}")
    text = folder.joinpath(f"sql/{file}.sql").read_text("utf-8")
    parts = _NAME.split(text)
    return {
        name: _bare(body) for name, body in zip(parts[1::2], parts[2::2], strict=True)
    }


def _bare(body: str) -> str:
    lines = (line for line in body.splitlines() if not line.startswith("--"))
    return " ".join(" ".join(lines).split()).rstrip(";")
