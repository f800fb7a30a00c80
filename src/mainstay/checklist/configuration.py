"""Check 1: the settings have no fault, and the agent they name can be loaded."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from mainstay.checklist.finding import Finding, failed, passed


@dataclass(frozen=True, slots=True)
class ConfigurationValidated:
    """Passes when neither a setting nor the agent has a fault; notes are allowed.

    Args:
        faults: one line each.
        notes: what is set and has no effect.
        agent: tells what is wrong with the agent, "" when nothing is.
        left_out: names with a fault, without which the other checks are made.
    """

    faults: Callable[[], Sequence[str]]
    notes: Callable[[], Sequence[str]]
    agent: Callable[[], str]
    left_out: Collection[str] = ()
    title: str = "configuration validated"

    async def look(self) -> Finding:
        """Read the whole environment again."""
        if found := list(self.faults()):
            if self.left_out:
                names = ", ".join(sorted(self.left_out))
                found.append(f"the other checks are made without {names}")
            return failed("; ".join(found), "see: mainstay check config")
        if wrong := self.agent():
            return failed(wrong, "set MAINSTAY_AGENT to pkg.module:agent")
        told = "; ".join(self.notes())
        return passed(f"no fault ({told})" if told else "no fault")
