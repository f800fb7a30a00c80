"""A request that has passed the rules of shape."""

from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast

from mainstay.simulator.models import ModelCard
from mainstay.simulator.prompt import Json, Prompt

SAMPLING_REMOVED = "2026-10-21"
"""The version of the API that knows no sampling parameters any more."""


@dataclass(frozen=True, slots=True)
class Request:
    """One call to ``POST /v1/messages``.

    Args:
        body: the decoded JSON.
        card: the model asked for.
        version: the ``anthropic-version`` header.
        betas: the ``anthropic-beta`` header, empty without one.
        resumes: whether the last message is a paused reply that is to go on.
        prompt: the body as the model reads it.
    """

    body: Json
    card: ModelCard
    version: str = SAMPLING_REMOVED
    betas: str = ""
    resumes: bool = False
    prompt: Prompt = field(init=False)

    def __post_init__(self) -> None:
        """Read the prompt once for all the rules."""
        object.__setattr__(self, "prompt", Prompt(self.body))

    @property
    def messages(self) -> list[Json]:
        """The conversation."""
        return self.body["messages"]

    @property
    def before_pause(self) -> "Request":
        """The request whose reply was paused."""
        body = {**self.body, "messages": self.messages[:-1]}
        return replace(self, body=body, resumes=False)

    @property
    def tools(self) -> list[Json]:
        """The offered tools."""
        return self.body.get("tools") or []

    @property
    def stream(self) -> bool:
        """Whether events are asked for."""
        return self.body.get("stream") is True

    @property
    def max_tokens(self) -> int:
        """Tokens the reply may have."""
        return self.body["max_tokens"]

    @property
    def tool_choice(self) -> str:
        """One of auto, any, tool and none."""
        choice: Any = self.body.get("tool_choice")
        return choice["type"] if choice else "auto"

    @property
    def forced_tool(self) -> str | None:
        """The tool that must be called, if one is named."""
        choice: Any = self.body.get("tool_choice")
        return choice["name"] if self.tool_choice == "tool" else None

    @property
    def thinking(self) -> Literal["adaptive", "enabled", "between_tools", "disabled"]:
        """How this call thinks, with the model's default filled in."""
        config: Any = self.body.get("thinking")
        if config:
            return config["type"]
        return "adaptive" if self.card.thinks_by_default else "disabled"

    @property
    def shows_thinking(self) -> bool:
        """Whether the text of thinking blocks is returned.

        ``between_tools`` returns its progress notes as text; else ``display``
        decides, and its default is the model's.
        """
        config = cast("Json", self.body.get("thinking") or {})
        if config.get("type") == "between_tools":
            return True
        display = config.get("display")
        return self.card.shows_thinking if display is None else display != "omitted"

    @property
    def after_tool(self) -> bool:
        """Whether the history holds a tool's result already."""
        pieces = self.prompt.pieces
        return any(piece.block.get("type") == "tool_result" for piece in pieces)
