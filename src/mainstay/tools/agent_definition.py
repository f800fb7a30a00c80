"""An agent as its author writes it."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar, overload

from typing_extensions import override

from mainstay.domain.errors import AgentRefused
from mainstay.ports.tools import Once
from mainstay.tools.function_tool import FunctionTool, ToolFunction, make_tool
from mainstay.tools.options import ApprovalRule, Query, ToolOptions

_Function = TypeVar("_Function", bound=ToolFunction)


class Agent:
    """A support agent: who it is, what it may do, what it can look up.

    Args:
        name: what customers see, and part of the key of reusable answers.
        instructions: the system prompt.
        contact: an address or number for customers when nothing else works.
        help_articles: a folder of Markdown files for search and level 3, or None.
        policy_version: raise it when earlier answers must no longer be reused.
        locale: the language that it answers in, as a BCP 47 tag.

    Raises:
        AgentRefused: a text is empty, or the folder holds no Markdown file.
    """

    name: str
    instructions: str
    contact: str
    help_articles: Path | None
    policy_version: str
    locale: str

    def __init__(
        self,
        *,
        name: str,
        instructions: str,
        contact: str,
        help_articles: Path | str | None = None,
        policy_version: str = "1",
        locale: str = "en",
    ) -> None:
        self.name = _text("name", name)
        self.instructions = _text("instructions", instructions)
        self.contact = _text("contact", contact)
        self.policy_version = _text("policy_version", policy_version)
        self.locale = _text("locale", locale)
        self.help_articles = _folder(help_articles)
        self._tools: dict[str, FunctionTool] = {}
        self._sealed = False

    @property
    def tools(self) -> tuple[FunctionTool, ...]:
        """The tools, in the order of their definition."""
        return tuple(self._tools.values())

    def seal(self) -> None:
        """End the definition: from now on nothing about the agent can be changed."""
        self.__dict__["_sealed"] = True

    @overload
    def tool(self, function: _Function, /) -> _Function: ...

    @overload
    def tool(
        self,
        /,
        *,
        effect: bool = False,
        once: Once = "unsafe",
        approve_if: ApprovalRule | None = None,
        unique: Iterable[str] = (),
        statement: str | None = None,
        timeout_s: float = 10.0,
        query: Query | None = None,
    ) -> Callable[[_Function], _Function]: ...

    def tool(self, function: Any = None, /, **options: Any) -> Any:
        """Make an async function a tool; it stays an ordinary function.

        The schema that the model sees comes from the signature and the docstring.
        The options are those of ``ToolOptions``; without any, the tool is a lookup.

        Raises:
            AgentRefused: a promise cannot be kept; every reason is named.
        """
        unique = options.get("unique", ())
        if not isinstance(unique, str):
            options["unique"] = tuple(unique)
        kept = ToolOptions(**options)
        if function is not None:
            return self._add(function, kept)

        def add(function: Any) -> Any:
            return self._add(function, kept)

        return add

    def _add(self, function: Any, options: ToolOptions) -> Any:
        tool = make_tool(function, options)
        name = tool.spec.name
        if self._sealed:
            raise AgentRefused(f"Tool {name!r} came after the agent was loaded.")
        if name in self._tools:
            raise AgentRefused(f"Tool {name!r} is defined twice; rename one of them.")
        self._tools[name] = tool
        return function

    @override
    def __setattr__(self, name: str, value: object) -> None:
        """Refuse changes once the agent is loaded."""
        if self.__dict__.get("_sealed"):
            raise AgentRefused(f"Agent.{name} cannot change after the agent is loaded.")
        super().__setattr__(name, value)

    @override
    def __repr__(self) -> str:
        return f"Agent(name={self.name!r}, tools={list(self._tools)})"


def _text(name: str, value: str) -> str:
    if not isinstance(value, str) or not value.strip():  # pyright: ignore[reportUnnecessaryIsInstance]
        raise AgentRefused(f"The agent's {name} is empty; give it a text.")
    return value


def _folder(given: Path | str | None) -> Path | None:
    if given is None:
        return None
    folder = Path(given).absolute()
    if not folder.is_dir():
        raise AgentRefused(
            f"help_articles: there is no folder {folder}; a relative path starts at"
            " the working directory, Path(__file__).parent / … at the agent's file."
        )
    if next(folder.glob("**/*.md"), None) is None:
        raise AgentRefused(f"help_articles: no Markdown file (*.md) is in {folder}.")
    return folder
