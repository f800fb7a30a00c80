"""``mainstay demo``: everything in one process, with a sample shop."""

from typing import TYPE_CHECKING

from mainstay.cli.options import Data, Port

if TYPE_CHECKING:
    from mainstay.assembly import Running
    from mainstay.settings import Settings

ROLES = frozenset({"gateway", "worker"})

_EMBEDDED = {
    "DB_TYPE": "sqlite",
    "DATABASE_URL": None,
    "QUEUE_TYPE": "database",
    "QUEUE_URL": None,
    "API_WORKERS": 1,
    "TOOLS_URL": None,
    "CLAUDE_PROVIDERS": None,
}
"""What makes it a demo, whatever the environment says."""


def demo(port: Port = None, data: Data = None) -> None:
    """Run all layers in one process: SQLite, embedded queue, a sample shop agent.

    Talks to Claude when ANTHROPIC_API_KEY is set, else to a local stand-in.
    """
    from mainstay.cli.demo_key import keep_demo_key
    from mainstay.domain.errors import MainstayError
    from mainstay.settings import environment, load, overlaid

    given = {"API_PORT": port, "MAINSTAY_DATA": data}
    chosen = {name: value for name, value in given.items() if value is not None}
    settings = load(overlaid(environment(), _EMBEDDED | chosen), needs=frozenset())
    if settings.env == "production":
        message = "the demo is not for MAINSTAY_ENV=production; use: mainstay serve all"
        raise MainstayError(message)
    settings = _with_stand_in(settings)
    if settings.bootstrap_key is None:
        from pydantic import SecretStr

        key = keep_demo_key(settings.data)
        settings = settings.model_copy(update={"bootstrap_key": SecretStr(key)})
        shown, kept = key, f"{key}   (kept in {settings.data}/demo-key)"
    else:
        shown, kept = "$MAINSTAY_BOOTSTRAP_KEY", "your MAINSTAY_BOOTSTRAP_KEY"

    from mainstay import assembly

    assembly.run(settings, ROLES, lambda r: _welcome(settings, r, shown, kept))


def _with_stand_in(settings: "Settings") -> "Settings":
    """Use the local stand-in unless the environment names a model to talk to."""
    named = settings.anthropic_api_key or settings.anthropic_base_url
    return settings.model_copy(update={"stand_in": named is None})


def _welcome(settings: "Settings", running: "Running", key: str, kept: str) -> None:
    from mainstay.cli.chat import DEMO_CUSTOMER

    print(
        f"""mainstay ready: demo at {running.address}

  model    {running.model_note}
  key      {kept}
  API      {running.address}/openapi.json

Try next, in a second terminal:

  {_chat(settings, running)}
      "where is order 1042?"  "I want a refund for it"  "let me talk to a person"

  curl -s {running.address}/v1/conversations \\
      -H "Authorization: Bearer {key}" \\
      -H "Content-Type: application/json" \\
      -d '{{"customer_id": "{DEMO_CUSTOMER}"}}'

Ctrl-C stops it.""",
        flush=True,
    )


def _chat(settings: "Settings", running: "Running") -> str:
    """Return the chat command as it can be typed here."""
    from pathlib import Path

    from mainstay.cli.invocation import invocation

    words = [invocation(), "chat"]
    if running.address != "http://127.0.0.1:8080":
        words += ["--url", running.address]
    if settings.data != Path("mainstay-data"):
        words += ["--data", str(settings.data)]
    return " ".join(words)
