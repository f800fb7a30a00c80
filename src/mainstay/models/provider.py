"""Who serves Claude, and what each lacks of the first party's API."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

ProviderName = Literal["anthropic", "bedrock", "vertex"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A provider and its capabilities.

    Args:
        name: as CLAUDE_PROVIDERS has it.
        prefix: begins a model's id there.
        stream: content type of a streamed answer.
        rate_headers: whether answers tell what is left of the account's limits.
        lists_models: whether it tells which models there are, and until when.
    """

    name: ProviderName
    prefix: str
    stream: str
    rate_headers: bool
    lists_models: bool

    def model_id(self, model: str, ids: Mapping[str, str]) -> str:
        """Return a model's id here.

        Args:
            model: its id with Anthropic.
            ids: those that are not made by the rule.
        """
        return ids.get(model, f"{self.prefix}{model}")


SSE, AWS_FRAMES = "text/event-stream", "application/vnd.amazon.eventstream"

PROVIDERS: Mapping[ProviderName, Provider] = {
    "anthropic": Provider(
        name="anthropic", prefix="", stream=SSE, rate_headers=True, lists_models=True
    ),
    "bedrock": Provider(
        name="bedrock",
        prefix="anthropic.",
        stream=AWS_FRAMES,
        rate_headers=False,
        lists_models=False,
    ),
    "vertex": Provider(
        name="vertex", prefix="", stream=SSE, rate_headers=False, lists_models=False
    ),
}
"""Sources: https://platform.claude.com/docs/en/build-with-claude/claude-on-amazon-bedrock-legacy
and https://platform.claude.com/docs/en/build-with-claude/claude-on-vertex-ai."""
