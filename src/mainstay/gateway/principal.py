"""Who makes a request, as its credentials say."""

from dataclasses import dataclass

from mainstay.ports.keys import KeyRole

_RANK: dict[KeyRole, int] = {"client": 0, "operator": 1, "admin": 2}


@dataclass(frozen=True, slots=True)
class Principal:
    """The bearer of an API key or of a customer token.

    Args:
        actor: who, for the audit: ``key:<id>`` or ``customer:<id>``.
        role: an API key's role; None for a customer.
        customer_id: a customer token's subject; None for an API key, which acts for
            the customer that the request or its conversation names.
    """

    actor: str
    role: KeyRole | None
    customer_id: str | None

    def may(self, role: KeyRole) -> bool:
        """Return whether it has the role: admin ⊃ operator ⊃ client."""
        return self.role is not None and _RANK[self.role] >= _RANK[role]
