"""Claude on Amazon Bedrock."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mainstay.models.claude import MAX_CALLS
from mainstay.models.cloud import CloudModel
from mainstay.models.provider import PROVIDERS
from mainstay.ports.clock import Clock

if TYPE_CHECKING:
    from anthropic.lib.bedrock import AsyncAnthropicBedrock
    from httpx2 import AsyncClient


def bedrock(
    region: str,
    base_url: str | None,
    ids: Mapping[str, str],
    clock: Clock,
    max_calls: int = MAX_CALLS,
) -> CloudModel:
    """Return Claude on Bedrock, by the credentials that AWS' own chain finds.

    Args:
        region: of AWS.
        base_url: a server that speaks Bedrock's runtime API, or None for AWS' own.
        ids: Bedrock's ids of models, where ``anthropic.MODEL`` is not it.
        clock: for Retry-After dates.
        max_calls: calls at once; one more is shed.
    """

    def make(http: "AsyncClient") -> "AsyncAnthropicBedrock":
        from anthropic.lib.bedrock import AsyncAnthropicBedrock

        return AsyncAnthropicBedrock(
            aws_region=region,
            base_url=base_url,
            max_retries=0,
            open_telemetry=False,
            http_client=http,
        )

    return CloudModel(PROVIDERS["bedrock"], make, ids, clock, max_calls)
