"""The journal, with a conversation's older messages from the shared cache."""

from mainstay.caches.context import joined, unpacked
from mainstay.caches.context_keeper import ContextKeeper
from mainstay.domain.spend import NOTHING, Amount
from mainstay.domain.turn import Claim
from mainstay.ports.cache import Cache
from mainstay.ports.journal import Ending, Entry, Journal, Record, most_messages
from mainstay.ports.telemetry import CacheBypassed, Telemetry


class ContextJournal:
    """``ports.Journal`` over another: each record is the one that the other would give.

    The store is read once a turn, for what is newer than the context and for all that
    can change: owner, steps, effects, approval. It is read again, whole, where its
    answer casts a doubt on the context.

    Args:
        journal: the store's.
        cache: the shared one; how long it may take is its own affair.
        keeper: puts what was read.
        telemetry: is told of each turn that did without the cache.
    """

    def __init__(
        self,
        journal: Journal,
        cache: Cache,
        keeper: ContextKeeper,
        telemetry: Telemetry,
    ) -> None:
        self._journal = journal
        self._cache = cache
        self._keeper = keeper
        self._telemetry = telemetry

    async def load(self, claim: Claim, *, after: int = 0) -> Record:
        """Read all that the turn needs; the claim is committed already."""
        if after:
            return await self._journal.load(claim, after=after)
        record = await self._joined(claim) or await self._journal.load(claim)
        self._keeper.keep(record)
        return record

    async def append(self, claim: Claim, entry: Entry) -> None:
        """Write an entry."""
        await self._journal.append(claim, entry)

    async def finish(self, claim: Claim, ending: Ending) -> bool:
        """Commit the turn's end; return whether there is more work now."""
        return await self._journal.finish(claim, ending)

    async def postpone(
        self,
        claim: Claim,
        delay_s: float,
        *,
        orderly: bool,
        spent: Amount = NOTHING,
    ) -> None:
        """End an attempt; the turn is due again after ``delay_s`` seconds."""
        await self._journal.postpone(claim, delay_s, orderly=orderly, spent=spent)

    async def _joined(self, claim: Claim) -> Record | None:
        turn = claim.turn
        if turn.first_seq == 1:
            return None  # nothing was said before
        kept = await self._cache.get_context(turn.conversation_id)
        if kept is None:
            self._telemetry.emit(CacheBypassed("context"))
        context = unpacked(kept) if kept else None
        if context is None:
            return None
        fresh = await self._journal.load(claim, after=context.last_seq - 1)
        return joined(context, fresh, most_messages(turn))
