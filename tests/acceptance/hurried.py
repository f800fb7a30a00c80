"""The rules in a hurry: what takes them a minute takes these a second."""

import re

TIMES = 60
"""How much faster: minutes become seconds, so that a test may wait for them."""

DAYS = 1440
"""For rules that look back on hours or days: a day becomes a minute."""

LEAST_S = 3
"""What a rule looks back at least: a rate needs two scrapes, one a second."""

UNIT_S = {"m": 60, "h": 3600, "d": 86_400}
RANGE = re.compile(r"\[(\d+)([mhd])\]")
HOLD = re.compile(r"^( +(?:for|keep_firing_for): )(\d+)([mhd])$", re.MULTILINE)
AGES = {
    "mainstay_escalations_oldest_age_seconds) > 1800": 1800,
    ") * 14400) < 0": 14_400,
    ") * 21600 > 100000000": 21_600,
    '- process_start_time_seconds{job=~"mainstay.*|"} > 28800': 28_800,
}
"""What is itself about how long something lasts, with its seconds."""


def hurried(rules: str, times: int = TIMES) -> str:
    """Return rules that look back, wait and are patient so many times less."""
    for condition, age_s in AGES.items():
        assert condition in rules
        quick = condition.replace(str(age_s), str(age_s // times))
        rules = rules.replace(condition, quick)

    def back(at: re.Match[str]) -> str:
        return f"[{max(LEAST_S, _seconds(at[1], at[2]) // times)}s]"

    def hold(at: re.Match[str]) -> str:
        return f"{at[1]}{_seconds(at[2], at[3]) // times}s"

    return HOLD.sub(hold, RANGE.sub(back, rules))


def _seconds(amount: str, unit: str) -> int:
    return int(amount) * UNIT_S[unit]
