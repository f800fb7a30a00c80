"""Real chance."""

import random


class SystemRandom:
    """Chance for jitter; not for secrets."""

    def uniform(self, low: float, high: float) -> float:
        """Return a number between ``low`` and ``high``."""
        return random.uniform(low, high)
