"""The ``usage`` of a reply (``anthropic.types.Usage``)."""

from typing import Any

from mainstay.simulator.prompt_cache import InputUsage
from mainstay.simulator.reply import Reply


def input_part(used: InputUsage) -> dict[str, Any]:
    """Return the members about input; together they are the whole prompt."""
    return {
        "input_tokens": used.fresh,
        "cache_creation_input_tokens": used.created,
        "cache_read_input_tokens": used.read,
    }


def full(used: InputUsage, reply: Reply, output_tokens: int) -> dict[str, Any]:
    """Return ``usage`` of a message with so many output tokens so far."""
    return {
        **input_part(used),
        "cache_creation": {
            "ephemeral_5m_input_tokens": used.created_5m,
            "ephemeral_1h_input_tokens": used.created_1h,
        },
        **output_part(reply, output_tokens),
        "service_tier": "standard",
    }


def output_part(reply: Reply, output_tokens: int) -> dict[str, Any]:
    """Return the members about output."""
    thought = min(reply.thinking_tokens, output_tokens)
    return {
        "output_tokens": output_tokens,
        "output_tokens_details": {"thinking_tokens": thought},
    }
