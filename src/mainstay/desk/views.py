"""What the desk takes and answers with."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from mainstay.domain.conversation import Owner
from mainstay.domain.message import Message
from mainstay.domain.moment import timestamp
from mainstay.ports.desk import Escalation
from mainstay.ports.journal import Approval

Timestamp = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]

_NO_NUL = r"^[^\u0000]*$"
_WORDS = r"^[^\u0000]*[^\s\u0000][^\u0000]*$"

Reason = Annotated[str, Meta(max_length=500, pattern=_NO_NUL)]
Text = Annotated[
    str,
    # For the reader of the schema: the front says more clearly what is wrong.
    Meta(extra_json_schema={"minLength": 1, "pattern": _WORDS}),
]


class ReasonBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why the owner changes."""

    reason: Reason = ""


class NothingBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """No fields."""


class ReplyBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A human's message."""

    text: Text


class DecisionBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a human decided about a tool call."""

    decision: Literal["approve", "deny"]


class OwnerView(msgspec.Struct, frozen=True):
    """Who owns a conversation now; ``changed`` is false when it was so before."""

    conversation_id: str
    owner: Owner
    changed: bool


class HumanMessageView(msgspec.Struct, frozen=True):
    """A human's message as stored."""

    id: str
    seq: int
    role: str
    text: str
    created_at: Timestamp

    @classmethod
    def of(cls, message: Message) -> "HumanMessageView":
        """Return the view of a message."""
        created = timestamp(message.created_at_ms)
        return cls(message.id, message.seq, message.role, message.text, created)


class ApprovalView(msgspec.Struct, frozen=True):
    """A tool call that waits, or waited, for a human."""

    id: str
    conversation_id: str
    turn_id: str
    tool: str
    args: Mapping[str, Any]
    state: str

    @classmethod
    def of(cls, approval: Approval) -> "ApprovalView":
        """Return the view of an approval."""
        return cls(
            approval.id,
            approval.conversation_id,
            approval.turn_id,
            approval.tool,
            approval.args,
            approval.state,
        )


class ApprovalsView(msgspec.Struct, frozen=True):
    """What waits for a decision, oldest first, 100 at most."""

    approvals: Sequence[ApprovalView]


class EscalationView(msgspec.Struct, frozen=True):
    """An item in the human inbox."""

    id: str
    conversation_id: str
    turn_id: str | None
    cause: str
    created_at: Timestamp

    @classmethod
    def of(cls, item: Escalation) -> "EscalationView":
        """Return the view of an escalation."""
        created = timestamp(item.created_at_ms)
        return cls(item.id, item.conversation_id, item.turn_id, item.cause, created)


class EscalationsView(msgspec.Struct, frozen=True):
    """The human inbox, oldest first, 100 at most."""

    escalations: Sequence[EscalationView]
