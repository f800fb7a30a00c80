"""Loads an agent by the name that ``--agent`` takes."""

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from mainstay.domain.errors import AgentRefused
from mainstay.tools.agent_definition import Agent

_USAGE = "write pkg.module:agent or path/to/file.py:agent"


def load_agent(target: str) -> Agent:
    """Import an agent and seal it.

    The working directory can be imported from, as with ``python -m``; a file's
    neighbours can be imported by the file.

    Args:
        target: ``pkg.module:name`` or ``path/to/file.py:name``.

    Raises:
        AgentRefused: there is no such agent, its module cannot be imported, or a
            promise of its tools cannot be kept; the reason is the text.
    """
    where, colon, name = target.rpartition(":")
    if not colon or not where or not name.isidentifier():
        raise AgentRefused(f"{target!r} names no agent; {_USAGE}.")
    try:
        module = _from_file(where) if where.endswith(".py") else _from_name(where)
        found = getattr(module, name, None)
    except AgentRefused as refusal:
        raise AgentRefused(f"{target}: {refusal}") from refusal
    except (Exception, SystemExit) as error:
        reason = f"{type(error).__name__}: {error}"
        raise AgentRefused(f"{where} could not be imported: {reason}") from error
    if not isinstance(found, Agent):
        raise AgentRefused(f"{where} has no Agent named {name!r}; {_USAGE}.")
    found.seal()
    return found


def _from_name(name: str) -> ModuleType:
    _allow(Path.cwd())
    return importlib.import_module(name)


def _from_file(given: str) -> ModuleType:
    path = Path(given).absolute()
    if not path.is_file():
        raise AgentRefused(f"there is no file {path}")
    name = f"mainstay_agent_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise AgentRefused(f"{path} is no Python file")
    _allow(path.parent)
    module = importlib.util.module_from_spec(spec)
    # Registered first: dataclasses and pydantic look their module up while it runs.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module


def _allow(folder: Path) -> None:
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
