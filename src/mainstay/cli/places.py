"""Where a command will write: looked at before the work, which may be long."""

from pathlib import Path


def must_take(file: Path, option: str | None = None) -> None:
    """Make a file's folder, and see that the file can be written there.

    Args:
        file: it need not exist, and is left as it is.
        option: of the command line, which named it.

    Raises:
        BadParameter: it cannot; ``option`` is named.
        OSError: the same, without an option.
    """
    import typer

    try:
        _try(file)
    except OSError as error:
        if option is None:
            raise
        message = f"{error.filename or file}: {error.strerror}."
        raise typer.BadParameter(message, param_hint=option) from error


def _try(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    was_there = file.exists()
    file.open("ab").close()
    if not was_there:
        file.unlink()
