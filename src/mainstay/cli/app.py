"""The tree of commands. Bodies import what they need when they run.

``mainstay --help`` loads typer and the signatures, nothing else.
"""

from typing import Annotated

import typer

from mainstay import __version__
from mainstay.cli import answers, audit, breakers, check, keys, queue
from mainstay.cli.chat import chat
from mainstay.cli.demo import demo
from mainstay.cli.migrate import migrate
from mainstay.cli.serve import serve
from mainstay.cli.simulate import simulate
from mainstay.cli.simulator import simulator
from mainstay.cli.spend import spend

app = typer.Typer(
    help="Run a Claude support agent in production.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for command in (demo, serve, chat, simulator, simulate, migrate, spend):
    app.command()(command)
for name, group in (
    ("check", check.app),
    ("keys", keys.app),
    ("queue", queue.app),
    ("breakers", breakers.app),
    ("answers", answers.app),
    ("audit", audit.app),
):
    app.add_typer(group, name=name)


def _version(asked: bool) -> None:
    if asked:
        print(f"mainstay {__version__}")
        raise typer.Exit


@app.callback()
def root(
    _show_version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help="Show the version."
        ),
    ] = False,
) -> None:
    """Run a Claude support agent in production."""
