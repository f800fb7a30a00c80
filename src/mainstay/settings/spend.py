"""The settings of spend limits; ``Settings`` has them with all others."""

from typing import Annotated

from pydantic import Field

from mainstay.settings.part import Part
from mainstay.settings.variable import Var

Tokens = Annotated[int, Field(ge=1, le=1_000_000_000_000)]
Usd = Annotated[float, Field(ge=0.01, le=1_000_000)]


class SpendSettings(Part):
    """How much of the models may be used; what is not set is not limited."""

    limit_customer_tokens: Annotated[
        Tokens | None,
        Var(
            "LIMIT_CUSTOMER_TOKENS_PER_DAY",
            "Tokens of models that one customer may use in a UTC day.",
        ),
    ] = None
    limit_customer_usd: Annotated[
        Usd | None,
        Var(
            "LIMIT_CUSTOMER_USD_PER_DAY",
            "US dollars that one customer may cost in a UTC day.",
        ),
    ] = None
    limit_conversation_tokens: Annotated[
        Tokens | None,
        Var(
            "LIMIT_CONVERSATION_TOKENS",
            "Tokens that one conversation may use until a human gives it back.",
        ),
    ] = None
    limit_conversation_usd: Annotated[
        Usd | None,
        Var(
            "LIMIT_CONVERSATION_USD",
            "US dollars that one conversation may cost until a human gives it back.",
        ),
    ] = None
    limit_day_tokens: Annotated[
        Tokens | None,
        Var(
            "LIMIT_DAY_TOKENS",
            "Tokens that all customers together may use in a UTC day; needs a smaller "
            "LIMIT_CUSTOMER_TOKENS_PER_DAY.",
        ),
    ] = None
    limit_day_usd: Annotated[
        Usd | None,
        Var(
            "LIMIT_DAY_USD",
            "US dollars that all customers together may cost in a UTC day; needs a "
            "smaller LIMIT_CUSTOMER_USD_PER_DAY.",
        ),
    ] = None
