"""The command's frame: from arguments to an exit code, every error in one line."""

import errno
import os
import sys
from collections.abc import Sequence
from typing import Any, cast

import typer

from mainstay.cli.app import app_of
from mainstay.domain.errors import MainstayError

FAILED = 1
WRONG_USAGE = 2
INTERRUPTED = 130


def main(args: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0, 1 failed, 2 wrong usage."""
    given = list(sys.argv[1:] if args is None else args)
    app = app_of(given[0] if given else None)
    run = cast("Any", app)  # its keywords are click's, which typer's stubs leave out
    try:
        code = run(
            args=given,
            prog_name="mainstay",
            standalone_mode=False,
        )
        # What is still held back must fail here, if it fails.
        print(end="", flush=True)
    except typer.TyperException as error:
        return _wrong_usage(error)
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except MainstayError as error:
        return _failed(str(error))
    except BrokenPipeError:
        # Whoever read our output has gone; nothing is left to be told.
        _let_go_of_output()
        return FAILED
    except OSError as error:
        return _failed(_system_error(error))
    _let_go_of_log()
    return code if isinstance(code, int) else 0


def _output_is_full() -> bool:
    """Tell whether standard output takes nothing; if so, give it up."""
    try:
        print(flush=True)
    except OSError:
        _let_go_of_output()
        return True
    return False


def _let_go_of_output() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _let_go_of_log() -> None:
    """Give up what a full disk did not take, or Python would exit with 120 for it."""
    try:
        sys.stderr.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def _failed(message: str) -> int:
    print(f"mainstay: {' '.join(message.split())}", file=sys.stderr)
    return FAILED


def _wrong_usage(error: typer.TyperException) -> int:
    context: typer.Context | None = getattr(error, "ctx", None)
    command = context.command_path if context else "mainstay"
    message = " ".join(error.format_message().split()).replace("Value error, ", "")
    message = message if message.endswith(".") else f"{message}."
    print(f"mainstay: {message} See: {command} --help", file=sys.stderr)
    return WRONG_USAGE


def _system_error(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"{error}; choose another one with --port"
    # An error of a file that is open already names none, be it ours or the output.
    unnamed = error.errno == errno.ENOSPC and error.filename is None
    if unnamed and _output_is_full():
        return f"standard output: {error.strerror}"
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC}:
        return f"{error}; choose another folder with --data or MAINSTAY_DATA"
    return str(error) or type(error).__name__
