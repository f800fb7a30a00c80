"""The settings of checks, records and drills; ``Settings`` has them with all others."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr

from mainstay.settings.part import Part
from mainstay.settings.providers import BaseUrl
from mainstay.settings.variable import Var


class ReadinessSettings(Part):
    """What a deployment is called, who signs for it, and where its pages are."""

    deployment: Annotated[
        Annotated[str, Field(min_length=1, max_length=200)],
        Var(
            "MAINSTAY_DEPLOYMENT",
            "Name of this deployment, in records; typed to drill in production.",
        ),
    ] = "mainstay"
    record_key: Annotated[
        SecretStr | None,
        Var(
            "MAINSTAY_RECORD_KEY",
            "Signs records of checks and drills; an Ed25519 private key in PEM.",
            secret=True,
        ),
    ] = None
    alertmanager_url: Annotated[
        BaseUrl | None,
        Var("ALERTMANAGER_URL", "Prometheus Alertmanager, to which alerts are sent."),
    ] = None
    runbooks: Annotated[
        Path,
        Var("MAINSTAY_RUNBOOKS", "Folder of the runbooks, a page an alert."),
    ] = Path("docs/runbooks")
