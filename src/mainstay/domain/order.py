"""An order: what running processes are told to do for a few seconds, by a drill."""

from dataclasses import dataclass
from typing import Literal

OrderKind = Literal[
    "claude-outage",  # no call reaches the model
    "worker-loss",  # the process named by the target kills itself
    "queue-stall",  # no wake is handed out
    "cost-spike",  # spend limits are judged as if all had cost ``factor`` times as much
    "drill",  # nothing: no other drill may begin while it holds
    "roll-call",  # whoever receives from the queue answers the call that is its target
]

MAX_HELD_S = 60.0
"""The longest that one word holds: who gave it must go on saying it."""


@dataclass(frozen=True, slots=True)
class Order:
    """What processes are to do.

    Args:
        kind: which of the things that they can be told.
        target: the process that is meant, or a call: who follows the order answers it.
        factor: how many times as dear, where the kind says so.
    """

    kind: OrderKind
    target: str = ""
    factor: float = 1.0


@dataclass(frozen=True, slots=True)
class Standing:
    """An order that holds.

    Args:
        order: what it says.
        for_s: seconds that it still holds.
    """

    order: Order
    for_s: float
