"""The settings that say who serves Claude."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from mainstay.settings.forms import base_url, model_ids, providers
from mainstay.settings.part import Part
from mainstay.settings.variable import Var

Account = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
BaseUrl = Annotated[str, BeforeValidator(base_url)]
Providers = Annotated[str, BeforeValidator(providers)]
ModelIds = Annotated[str, BeforeValidator(model_ids)]


class ProviderSettings(Part):
    """Who serves Claude, where, and when twice; a part of ``Settings``."""

    claude_providers: Annotated[
        Providers,
        Var(
            "CLAUDE_PROVIDERS",
            "Who serves Claude, in the order they are asked: anthropic, bedrock, "
            "vertex.",
        ),
    ] = "anthropic"
    hedge_after_s: Annotated[
        Annotated[float, Field(ge=2.5, le=7.5)] | None,
        Var(
            "HEDGE_AFTER_SECONDS",
            "Seconds without a text after which the first model call of a turn gets a "
            "second beside it, for 5% of all calls at most.",
            default="never",
        ),
    ] = None
    bedrock_region: Annotated[
        Account | None,
        Var("BEDROCK_REGION", "Region of AWS that Bedrock is called in."),
    ] = None
    bedrock_base_url: Annotated[
        BaseUrl | None,
        Var(
            "BEDROCK_BASE_URL",
            "Address of a server that speaks Bedrock's runtime API.",
            default="AWS' own in the region",
        ),
    ] = None
    bedrock_models: Annotated[
        ModelIds | None,
        Var(
            "BEDROCK_MODELS",
            "Bedrock's ids of models, as `model=id,…`, e.g. of inference profiles.",
            default="`anthropic.` and the model",
        ),
    ] = None
    vertex_project: Annotated[
        Account | None,
        Var("VERTEX_PROJECT", "Project of Google Cloud that Vertex AI is called for."),
    ] = None
    vertex_region: Annotated[
        Account | None,
        Var("VERTEX_REGION", "Where Vertex AI is called: `global`, `eu`, `us` or one."),
    ] = None
    vertex_base_url: Annotated[
        BaseUrl | None,
        Var(
            "VERTEX_BASE_URL",
            "Address of a server that speaks Vertex AI's API.",
            default="Google's own in the region",
        ),
    ] = None
    vertex_models: Annotated[
        ModelIds | None,
        Var(
            "VERTEX_MODELS",
            "Vertex AI's ids of models, as `model=id,…`.",
            default="the model",
        ),
    ] = None

    @property
    def providers(self) -> list[str]:
        """Who serves Claude, in the order they are asked."""
        return self.claude_providers.split(",")
