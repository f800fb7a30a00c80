"""Claude on Google Cloud's Vertex AI."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mainstay.models.cloud import CloudModel
from mainstay.models.provider import PROVIDERS
from mainstay.ports.clock import Clock

if TYPE_CHECKING:
    from anthropic.lib.vertex import AsyncAnthropicVertex
    from httpx2 import AsyncClient


def vertex(
    project: str,
    region: str,
    base_url: str | None,
    ids: Mapping[str, str],
    clock: Clock,
) -> CloudModel:
    """Return Claude on Vertex AI, by Google's application default credentials.

    Args:
        project: of Google Cloud.
        region: where, e.g. ``eu`` or ``europe-west1``.
        base_url: a server that speaks Vertex' API, or None for Google's own.
        ids: Vertex' ids of models that differ from Anthropic's.
        clock: for Retry-After dates.
    """

    def make(http: "AsyncClient") -> "AsyncAnthropicVertex":
        from anthropic.lib.vertex import AsyncAnthropicVertex

        return AsyncAnthropicVertex(
            project_id=project,
            region=region,
            base_url=base_url,
            max_retries=0,
            open_telemetry=False,
            http_client=http,
        )

    return CloudModel(PROVIDERS["vertex"], make, ids, clock)
