"""The dated record of a walk through the checklist."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mainstay.checklist.walk import Checked, is_ready
from mainstay.domain.moment import moment
from mainstay.domain.version import VERSION

READY = "Ready to deploy"


@dataclass(frozen=True, slots=True)
class Deployment:
    """What was looked at.

    Args:
        name: of the deployment.
        env: development or production.
    """

    name: str
    env: str


def report_of(
    found: Sequence[Checked], deployment: Deployment, at_ms: int
) -> dict[str, Any]:
    """Return the record: what was found, of what, by which version, and when."""
    return {
        "what": "checklist",
        "deployment": deployment.name,
        "environment": deployment.env,
        "version": VERSION,
        "at": moment(at_ms),
        "ready": is_ready(found),
        "checks": [asdict(one) for one in found],
    }
