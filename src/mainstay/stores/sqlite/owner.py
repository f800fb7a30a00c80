"""Changes of owner: the epoch that fences replies rises with each."""

from mainstay.stores.sqlite.inbox import add_event
from mainstay.stores.sqlite.unit import Unit
from mainstay.stores.statements import load

SQL = load("sqlite", "owner")


def give_to_human(unit: Unit, conversation_id: str, actor: str, reason: str) -> bool:
    """Give the conversation to a human; open turns go with it.

    Returns:
        False when a human owns it already; nothing was changed.
    """
    row = {"conversation_id": conversation_id, "now_ms": unit.now_ms}
    event = unit.row(SQL["to_human"], row)
    if event is None:
        return False
    turns = unit.execute(SQL["hand_off_turns"], row).fetchall()
    unit.execute(SQL["rest_decided"], row)
    data = {"owner": "human", "turns": [t[0] for t in turns]}
    add_event(unit, conversation_id, event[0], "owner", data)
    unit.audit(actor, "owner.human", conversation_id, reason=reason)
    unit.touched.add(conversation_id)
    return True
