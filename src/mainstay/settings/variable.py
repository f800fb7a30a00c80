"""A variable: what links a field of the settings to a name of the environment."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Var:
    """The public side of a setting.

    Args:
        name: the environment variable.
        text: one sentence for the reference page, with the unit.
        secret: whether its value must never be shown.
        default: words for a default that a plain value does not tell, or "".
    """

    name: str
    text: str
    secret: bool = False
    default: str = ""
