"""Who may speak, and when."""

from mainstay.simulator.errors import RejectedError
from mainstay.simulator.prompt import blocks
from mainstay.simulator.request import Request

_ROLES = ("user", "assistant", "system")


def check_roles(request: Request) -> None:
    """Want the roles of ``anthropic.types.MessageParam``, a user's message first."""
    messages = request.messages
    for i, message in enumerate(messages):
        if message["role"] not in _ROLES:
            raise RejectedError(
                f"messages.{i}.role: Input should be 'user', 'assistant' or 'system'"
            )
        if message["role"] == "system":
            _check_system(request, i)
    if messages[0]["role"] != "user":
        raise RejectedError('messages: first message must use the "user" role')


def check_content(request: Request) -> None:
    """Want something said in every message.

    Only the last message may be an empty one of the assistant, which is prefill
    (https://platform.claude.com/docs/en/api/errors#common-validation-errors).
    """
    last = len(request.messages) - 1
    for i, message in enumerate(request.messages):
        content = blocks(message["content"])
        if not content and not (i == last and message["role"] == "assistant"):
            raise RejectedError(
                f"messages.{i}: all messages must have non-empty content"
            )
        for j, block in enumerate(content):
            if block["type"] == "text" and not block["text"].strip():
                raise RejectedError(
                    f"messages.{i}.content.{j}: text content blocks must be non-empty"
                )


def check_prefill(request: Request) -> None:
    """Refuse a last message of the assistant on models without prefill.

    Source: https://platform.claude.com/docs/en/api/errors#prefill-not-supported. A
    paused reply that is sent back is no prefill.
    """
    last = request.messages[-1]["role"]
    if last == "assistant" and not (request.card.prefill or request.resumes):
        raise RejectedError(
            "This model does not support assistant message prefill. "
            "The conversation must end with a user message."
        )


def _check_system(request: Request, i: int) -> None:
    """Want a system message where the API takes one.

    Source: https://platform.claude.com/docs/en/build-with-claude/mid-conversation-system-messages
    (placement rules).
    """
    messages = request.messages
    if not request.card.system_role:
        raise RejectedError(
            f"messages.{i}: role 'system' is not supported on this model"
        )
    if i == 0 or messages[i - 1]["role"] != "user":
        raise RejectedError(
            f"messages.{i}: a system message must immediately follow a user message"
        )
    if i + 1 < len(messages) and messages[i + 1]["role"] != "assistant":
        raise RejectedError(
            f"messages.{i}: a system message must be the last message or be followed "
            "by an assistant message"
        )
    if any(block["type"] != "text" for block in blocks(messages[i]["content"])):
        raise RejectedError(f"messages.{i}: system messages hold text blocks only")
