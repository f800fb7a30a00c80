"""What a provider says of its models, without a token spent where that can be had."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from mainstay.domain.errors import MainstayError
from mainstay.domain.model_call import ModelFailure, ModelRequest
from mainstay.models.connection import Connection
from mainstay.models.lifecycle import described, retires_at_ms
from mainstay.ports.clock import Clock
from mainstay.ports.model import Model

TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Listed:
    """A model that a provider has.

    Args:
        lifecycle: active, deprecated or retired.
        retires_on: from when on calls fail, None when no date is set.
    """

    lifecycle: str
    retires_on: date | None


async def listed(
    model: str, api_key: str, base_url: str | None, clock: Clock
) -> Listed | None:
    """Ask Anthropic's models endpoint; None when it has no such model.

    Raises:
        MainstayError: it cannot be asked, or refuses the key.
    """
    from anthropic import APIError, APIStatusError, NotFoundError

    connection = Connection(base_url, 1, clock)
    try:
        told = await described(connection, api_key, model)
    except NotFoundError:
        return None
    except APIStatusError as error:
        said = f"Claude answered {error.status_code} when asked for {model}"
        raise MainstayError(f"{said}; check ANTHROPIC_API_KEY") from error
    except APIError as error:
        said = f"Claude cannot be asked for {model} ({type(error).__name__})"
        raise MainstayError(f"{said}; check network and ANTHROPIC_BASE_URL") from error
    finally:
        await connection.close()
    if "lifecycle" not in told:
        said = f"what was asked for {model} is no models endpoint of Anthropic's"
        raise MainstayError(f"{said}; check ANTHROPIC_BASE_URL")
    at_ms = retires_at_ms(told)
    at = None if at_ms is None else datetime.fromtimestamp(at_ms / 1000, UTC).date()
    return Listed(str(told["lifecycle"]), at)


async def called(model: str, provider: Model) -> Listed | None:
    """Make the smallest call where there is no such endpoint; None without the model.

    Raises:
        MainstayError: the call failed for another reason.
    """
    hello = {"role": "user", "content": [{"type": "text", "text": "Say yes."}]}
    request = ModelRequest(model, "", [hello], max_tokens=16, timeout_s=TIMEOUT_S)
    outcome = await provider.call(request, lambda _: None)
    match outcome:
        case ModelFailure(kind="model_gone"):
            return None
        case ModelFailure(kind="truncated"):
            return Listed("active", None)
        case ModelFailure(kind=kind, detail=detail):
            raise MainstayError(f"{model}: {kind}, {detail}; check the provider")
        case _:
            return Listed("active", None)
