"""What was read and not yet acked: shared by the client's thread and the loop."""

import threading
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mainstay.domain.wake import Wake
from mainstay.queues.kafka.share import Share

MAX_OPEN = 10_000
"""The most records read and not committed: past it, what is behind a gap must wait."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record was read, and in which term."""

    partition: int
    offset: int
    term: int

    @property
    def handle(self) -> str:
        """As a wake carries it."""
        return f"{self.partition}/{self.offset}/{self.term}"


def _place(wake: Wake) -> Place:
    partition, offset, term = map(int, wake.handle.split("/"))
    return Place(partition, offset, term)


class Ledger:
    """Keeps the shares, the wakes that wait for a receive, and those received.

    Whatever concerns a partition that was taken away since is dropped: it comes to the
    partition's new owner. Each verb is short and may be called from any thread.

    Args:
        visibility_s: seconds after which a received wake waits for a receive again.
        room: the most wakes that wait.
    """

    def __init__(self, visibility_s: float, room: int) -> None:
        self._visibility_s = visibility_s
        self._room = room
        self._lock = threading.Lock()
        self._took = threading.Event()
        self._terms = 0
        self._shares: dict[int, Share] = {}
        self._ready: deque[tuple[Place, str]] = deque()
        self._taken: dict[Place, tuple[str, float]] = {}

    def assign(self, partitions: Iterable[int]) -> None:
        """Begin a term of each partition."""
        with self._lock:
            for partition in partitions:
                self._terms += 1
                self._shares[partition] = Share(self._terms)

    def revoke(self, partitions: Iterable[int]) -> None:
        """End the partitions' terms: what is open in them is nobody's here."""
        with self._lock:
            for partition in partitions:
                self._shares.pop(partition, None)
            self._ready = deque(each for each in self._ready if self._share(each[0]))
            self._taken = {p: kept for p, kept in self._taken.items() if self._share(p)}

    def revoke_all(self) -> None:
        """End all terms."""
        self.revoke(list(self._shares))

    def read(self, partition: int, offset: int) -> Place | None:
        """Note a record; None when its partition is gone, or it was read already."""
        with self._lock:
            share = self._shares.get(partition)
            if share is None or not share.read(offset):
                return None
            return Place(partition, offset, share.term)

    def offer(self, place: Place, conversation_id: str) -> None:
        """Let a wake that was read be received."""
        with self._lock:
            if self._share(place):
                self._ready.append((place, conversation_id))

    def finish(self, place: Place) -> None:
        """Note that what was read is no wake and is settled."""
        with self._lock:
            self._finish(place)

    def take(self, limit: int, now_s: float) -> list[Wake]:
        """Return up to ``limit`` wakes that wait, the longest waiting first."""
        with self._lock:
            count = min(limit, len(self._ready))
            taken = [self._ready.popleft() for _ in range(count)]
            for place, id_ in taken:
                self._taken[place] = (id_, now_s + self._visibility_s)
            self._took.set()
            return [Wake(id_, place.handle) for place, id_ in taken]

    def ack(self, wakes: Sequence[Wake]) -> None:
        """Forget received wakes."""
        with self._lock:
            for place in map(_place, wakes):
                self._taken.pop(place, None)
                self._finish(place)

    def extend(self, wakes: Sequence[Wake], now_s: float) -> None:
        """Keep received wakes for a whole visibility."""
        with self._lock:
            for place in map(_place, wakes):
                if (kept := self._taken.pop(place, None)) is not None:
                    self._taken[place] = (kept[0], now_s + self._visibility_s)

    def release(self, wakes: Sequence[Wake]) -> None:
        """Let received wakes wait for a receive again, before all others."""
        with self._lock:
            self._again([_place(wake) for wake in wakes])

    def expire(self, now_s: float) -> bool:
        """Release what was received too long ago; tell whether anything was."""
        with self._lock:
            late: list[Place] = []
            # They are in the order of their ends: each has the same visibility.
            for place, (_, until_s) in self._taken.items():
                if until_s > now_s:
                    break
                late.append(place)
            self._again(late)
            return bool(late)

    def moved(self) -> list[tuple[int, int]]:
        """Return partition and offset of each commit that is new."""
        with self._lock:
            found = [(number, each.moved()) for number, each in self._shares.items()]
            return [(number, offset) for number, offset in found if offset is not None]

    def room(self) -> int:
        """Return how many more records may be read."""
        with self._lock:
            held = sum(map(len, self._shares.values()))
            return max(0, min(self._room - len(self._ready), MAX_OPEN - held))

    def await_room(self, seconds: float) -> None:
        """Return when there may be room, or the time is over."""
        self._took.clear()
        if not self.room():
            self._took.wait(seconds)

    def received(self) -> int:
        """Return how many wakes are received and not acked."""
        with self._lock:
            return len(self._taken)

    def _share(self, place: Place) -> Share | None:
        share = self._shares.get(place.partition)
        return share if share is not None and share.term == place.term else None

    def _finish(self, place: Place) -> None:
        if (share := self._share(place)) is not None:
            share.finish(place.offset)

    def _again(self, places: Sequence[Place]) -> None:
        for place in reversed(places):
            if (kept := self._taken.pop(place, None)) is not None:
                self._ready.appendleft((place, kept[0]))
