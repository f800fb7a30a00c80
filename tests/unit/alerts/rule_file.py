"""The rules as tests read them."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from mainstay.monitoring.alerts import SHIPPED

ROOT = Path(__file__).parents[3]
RUNBOOKS = ROOT / "docs" / "runbooks"
METRIC = re.compile(r"\b(?:mainstay_\w+|process_\w+_(?:bytes|seconds))\b")
ENDINGS = ("_bucket", "_count", "_sum", "_total")

RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load(SHIPPED.read_text())["groups"]
    for rule in group["rules"]
]
ALERTS: Mapping[str, dict[str, Any]] = {
    rule["alert"]: rule for rule in RULES if "alert" in rule
}


def metrics_in(text: str) -> set[str]:
    """Return the metrics that a text names, as they are scraped."""
    return set(METRIC.findall(text)) - {"mainstay_docs"}


def family(metric: str) -> str:
    """Return the name that a series' metric is documented under, ``_total`` apart."""
    for ending in ENDINGS:
        metric = metric.removesuffix(ending)
    return metric


def documented() -> set[str]:
    """Return the metrics in the table of docs/reference/telemetry.md."""
    page = (ROOT / "docs" / "reference" / "telemetry.md").read_text()
    return {family(name) for name in METRIC.findall(page)} | {
        # The client library's own, as the page says.
        "process_resident_memory_bytes",
        "process_start_time_seconds",
    }
