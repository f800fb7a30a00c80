"""The alert rules as the notifier reads them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mainstay.domain.errors import MainstayError
from mainstay.monitoring.alerting.rules import AlertRule, load


@dataclass(frozen=True, slots=True)
class RulesFile:
    """A file of rules.

    Args:
        path: where it is.
    """

    path: Path

    def alerts(self) -> Sequence[str]:
        """Return the name of each alert, in the file's order."""
        try:
            rules = load(self.path)
        except MainstayError as error:
            raise MainstayError(f"{error}; correct it, or ALERT_RULES") from error
        return [rule.name for rule in rules if isinstance(rule, AlertRule)]
