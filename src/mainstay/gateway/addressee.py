"""Whose a conversation is, remembered: the hot path should not ask the store."""

from mainstay.domain.conversation import Conversation
from mainstay.domain.errors import NotFound
from mainstay.gateway.principal import Principal
from mainstay.gateway.recent import Recent
from mainstay.ports.conversations import Conversations

REMEMBER_CONVERSATIONS = 10_000

FOREVER = float("inf")
"""A conversation never changes its customer."""


class Addressees:
    """Tells a conversation's customer and who may see it.

    Args:
        conversations: the store's conversations.
    """

    def __init__(self, conversations: Conversations) -> None:
        self._conversations = conversations
        self._customers: Recent[str, str] = Recent(REMEMBER_CONVERSATIONS)

    def learn(self, conversation: Conversation) -> None:
        """Remember a conversation."""
        self._customers.put(conversation.id, conversation.customer_id, FOREVER)

    async def customer(self, conversation_id: str) -> str:
        """Return the conversation's customer.

        Raises:
            NotFound: no such conversation.
        """
        known = self._customers.get(conversation_id, 0.0)
        if known is not None:
            return known
        conversation = await self._conversations.get(conversation_id)
        if conversation is None:
            raise NotFound(f"no conversation {conversation_id}")
        self.learn(conversation)
        return conversation.customer_id

    async def check(self, principal: Principal, conversation_id: str) -> None:
        """Let API keys and the conversation's own customer pass.

        Raises:
            NotFound: no such conversation, or another customer's.
        """
        owner = await self.customer(conversation_id)
        if principal.customer_id not in (None, owner):
            raise NotFound(f"no conversation {conversation_id} for this customer")
