"""What spans say of the process that makes them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanNames:
    """What spans say of this process.

    Args:
        agent: the agent's name.
        system: what carries wakes, as the conventions call it.
        destination: the queue.
        with_content: whether spans hold what was said.
    """

    agent: str
    system: str = "mainstay"
    destination: str = "mainstay"
    with_content: bool = False
