"""From when on models are not there any more, as far as Anthropic's SDK names a date.

The models endpoint tells the same, for a provider that has one; what stands here holds
where there is none, or where it has no date yet. A model that is not here has no date
that is known.

Source: anthropic 2.12.0, ``DEPRECATED_MODELS`` in ``anthropic/resources/messages``;
models before Claude 3.5 are left out.
"""

from collections.abc import Mapping
from datetime import date

RETIREMENTS: Mapping[str, date] = {
    "claude-sonnet-4-5": date(2026, 11, 30),
    "claude-sonnet-4-5-20250929": date(2026, 11, 30),
    "claude-opus-4-0": date(2026, 6, 15),
    "claude-opus-4-20250514": date(2026, 6, 15),
    "claude-sonnet-4-0": date(2026, 6, 15),
    "claude-sonnet-4-20250514": date(2026, 6, 15),
    "claude-3-7-sonnet-latest": date(2026, 2, 19),
    "claude-3-7-sonnet-20250219": date(2026, 2, 19),
    "claude-3-5-haiku-latest": date(2026, 2, 19),
    "claude-3-5-haiku-20241022": date(2026, 2, 19),
}
"""By model id."""
