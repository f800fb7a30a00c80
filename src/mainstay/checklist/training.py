"""Check 13: the people on call have been through an incident lately, on purpose."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from mainstay.checklist.finding import Finding, failed, passed
from mainstay.checklist.seal import Broken
from mainstay.domain.moment import moment
from mainstay.ports.records import Records

DAYS = 90
AHEAD_DAYS = -1
"""Clocks differ a little; who was a year ahead would be trained for ever."""

DAY_MS = 86_400_000
LOOKED_AT = 100
DRILL = "run one: mainstay drill worker-loss"


@dataclass(frozen=True, slots=True)
class TeamTrained:
    """Looks for a drill on record.

    Args:
        records: gives those that the store has.
        deployment: whose drills count.
        opened: returns the record in a signed text, or raises Broken.
        now_ms: Unix time in milliseconds.
    """

    records: Callable[[], Awaitable[Records]]
    deployment: str
    opened: Callable[[str], dict[str, Any]]
    now_ms: int
    title: str = "team trained on incidents"

    async def look(self) -> Finding:
        """Take the newest of the deployment that is signed with its key and was played.

        One whose fault was not brought about was not played: nobody learnt from it.
        """
        forged = 0
        for one in await (await self.records()).newest("drill", LOOKED_AT):
            try:
                told = self.opened(one.text)
            except Broken:
                forged += 1
                continue
            if told.get("what") != "drill" or not told.get("played"):
                continue
            if told.get("deployment") != self.deployment:
                continue
            if told.get("at") != moment(one.at_ms):
                forged += 1
                continue
            age = (self.now_ms - one.at_ms) // DAY_MS
            if age < AHEAD_DAYS:
                return failed(f"the last drill is dated {-age} days ahead", DRILL)
            if age > DAYS:
                return failed(f"the last drill was {age} days ago", DRILL)
            return passed(f"{told.get('name')} was drilled {age} days ago")
        note = f" ({forged} are not signed with this key)" if forged else ""
        return failed(f"no drill is on record{note}", DRILL)
