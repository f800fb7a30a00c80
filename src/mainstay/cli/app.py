"""The tree of commands. Bodies import what they need when they run.

``mainstay --help`` loads typer and the signatures, nothing else. A command that is
named loads its own branch alone: a server keeps for good what it began with.
"""

from importlib import import_module
from typing import Annotated

import typer

from mainstay import __version__

COMMANDS = (
    "demo",
    "serve",
    "chat",
    "simulator",
    "simulate",
    "migrate",
    "spend",
    "anomalies",
    "top",
    "drill",
)
"""Each is a function of its name, in the module of its name."""

GROUPS = ("check", "keys", "queue", "breakers", "alerts", "answers", "audit")
"""Each is the ``app`` of the module of its name."""


def app_of(named: str | None) -> typer.Typer:
    """Return the tree of commands.

    Args:
        named: the first word of the command line; where it is a command, the tree has
            that branch alone.
    """
    app = typer.Typer(
        help="Run a Claude support agent in production.",
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    app.callback()(root)
    known = named in {*COMMANDS, *GROUPS}
    for name in (*COMMANDS, *GROUPS):
        if known and name != named:
            continue
        module = import_module(f"mainstay.cli.{name}")
        if name in GROUPS:
            app.add_typer(module.app, name=name)
        else:
            app.command()(getattr(module, name))
    return app


def _version(asked: bool) -> None:
    if asked:
        print(f"mainstay {__version__}")
        raise typer.Exit


def root(
    _show_version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help="Show the version."
        ),
    ] = False,
) -> None:
    """Run a Claude support agent in production."""
