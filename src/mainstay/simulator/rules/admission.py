"""All rules, in the order in which the API meets them."""

from collections.abc import Mapping

from mainstay.simulator.errors import RejectedError
from mainstay.simulator.options import Options
from mainstay.simulator.prompt import Json
from mainstay.simulator.request import Request
from mainstay.simulator.rules import (
    model,
    pairing,
    roles,
    sampling,
    shape,
    signatures,
    size,
    thinking,
    tools,
)


def admit(body: object, headers: Mapping[str, str], version: str) -> Request:
    """Return the request if its shape and model are right.

    Raises:
        RejectedError: what the API would answer instead.
    """
    fields = _fields(body)
    betas = headers.get("anthropic-beta", "")
    shape.check_fields(fields, beta=bool(betas))
    shape.check_types(fields)
    card = model.known_model(fields["model"])
    shape.check_max_tokens(fields["max_tokens"], card.max_output)
    return Request(fields, card, version, betas)


def admit_count(body: object, headers: Mapping[str, str], version: str) -> Request:
    """Return a request to count tokens, which needs no ``max_tokens``."""
    fields = {"max_tokens": 1, **_fields(body)}
    return admit(fields, headers, version)


def check(request: Request, options: Options) -> None:
    """Apply every rule about the content.

    Raises:
        RejectedError: what the API would answer instead.
    """
    for rule in (
        sampling.check_sampling,
        roles.check_roles,
        roles.check_content,
        tools.check_definitions,
        tools.check_choice,
        thinking.check_config,
        thinking.check_effort,
        tools.check_forced,
        tools.check_history,
        pairing.check_pairs,
        roles.check_prefill,
        size.check_breakpoints,
    ):
        rule(request)
    signatures.check_thinking_blocks(request, options)
    size.check_window(request, options)


def _fields(body: object) -> Json:
    if not isinstance(body, dict):
        raise RejectedError("Input should be a valid dictionary")
    return body  # pyright: ignore[reportUnknownVariableType]
