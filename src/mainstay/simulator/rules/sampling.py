"""Sampling parameters, which newer versions and models do not have."""

from mainstay.simulator.errors import RejectedError
from mainstay.simulator.request import SAMPLING_REMOVED, Request

_PARAMETERS = ("temperature", "top_p", "top_k")


def check_sampling(request: Request) -> None:
    """Refuse temperature, top_p and top_k.

    Version 2026-10-21 refuses them on every model, even at their defaults
    (https://platform.claude.com/docs/en/api/versioning); models from 4.7 on refuse
    them in every version (.../models/haiku-5-5/migration-guide).
    """
    for name in _PARAMETERS:
        if request.body.get(name) is None:
            continue
        if request.version >= SAMPLING_REMOVED:
            raise RejectedError(f"{name}: Extra inputs are not permitted")
        if not request.card.sampling:
            raise RejectedError(f"`{name}` is not supported for this model.")
