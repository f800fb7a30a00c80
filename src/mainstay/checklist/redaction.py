"""Check 10: the log is written, without a secret or a customer's words in it."""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from mainstay.checklist.finding import Finding, failed, passed, unknown
from mainstay.ports.chance import Ids

Probe = Callable[[str, str], Awaitable[str]]
"""From a secret and a customer's words: sends both through, returns the whole log."""


@dataclass(frozen=True, slots=True)
class LoggingConfigured:
    """Sends a fake secret and a customer's words through, and reads the log.

    Args:
        probes: the ways through.
        as_json: whether every line must be a JSON object.
        ids: make words that nobody else writes.
    """

    probes: Sequence[Probe]
    as_json: bool
    ids: Ids
    title: str = "logging configured"

    async def look(self) -> Finding:
        """Go each way."""
        lines = 0
        for probe in self.probes:
            secret = f"sk-ant-api03-{self.ids.new('fake')}{self.ids.new('fake')}"
            words = f"Ada's parcel {self.ids.new('words')}"
            log = await probe(secret, words)
            if fault := self._fault(log, secret, words):
                return fault
            lines += len(log.splitlines())
        return passed(
            f"{lines} lines, without the fake secret and the customer's words"
        )

    def _fault(self, log: str, secret: str, words: str) -> Finding | None:
        if not log.strip():
            return unknown("nothing was logged", "check LOG_LEVEL and standard error")
        way_out = "find what writes it, e.g. ANTHROPIC_LOG is set; else report this"
        if secret in log or secret.rpartition("_")[2] in log:
            return failed("a secret is in the log", way_out)
        if words in log or words.rpartition("_")[2] in log:
            return failed("a customer's words are in the log", way_out)
        if self.as_json and not all(map(_is_object, log.splitlines())):
            return failed(
                "a line of the log is no JSON", "check what else writes there"
            )
        return None


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False
