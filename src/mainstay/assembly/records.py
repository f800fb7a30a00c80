"""Signs what a check or a drill has found, and keeps it where there is a store."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from mainstay.assembly.storage import Store
from mainstay.checklist.seal import Seal
from mainstay.domain.errors import MainstayError
from mainstay.domain.record import Record, RecordKind
from mainstay.system.ids import SystemIds

ACTIONS: Mapping[RecordKind, str] = {
    "checklist": "checklist.made",
    "drill": "drill.ended",
}
"""What the audit calls each kind."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A signed record.

    Args:
        record: it.
        stored: whether the store has it.
    """

    record: Record
    stored: bool


@dataclass(frozen=True, slots=True)
class Keeper:
    """Makes records, and keeps them.

    Args:
        seal: signs them.
        store: returns the store, or raises MainstayError.
    """

    seal: Seal
    store: Callable[[], Awaitable[Store]]

    async def keep(
        self,
        kind: RecordKind,
        name: str,
        at_ms: int,
        told: Mapping[str, Any],
        *,
        passed: bool,
    ) -> Kept:
        """Return the record of what was found, also when the store cannot take it.

        The audit is told first: the store has no record that is not in the audit.
        """
        id_ = SystemIds().new("rec")
        record = Record(id_, kind, name, passed, at_ms, self.seal.sealed(told))
        with suppress(MainstayError):
            store = await self.store()
            detail = {"passed": str(passed).lower(), "record": id_}
            await store.audit.note("cli", ACTIONS[kind], name, detail)
            await store.records.add(record)
            return Kept(record, stored=True)
        return Kept(record, stored=False)
