"""What the client was told is stored: its own account of it, independent of the product's."""

import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

Event = dict[str, Any]
Totals = Counter[tuple[str, str]]
"""What each meter of each account came to, in millionths."""
MICRO = 1_000_000


class Ledger:
    """Every acknowledged event, and when the acknowledgements came."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._events: list[Event] = []
        self.refused: list[str] = []
        self.acknowledged_at: list[tuple[float, float]] = []
        """When each request was begun, and when it was acknowledged."""

    def note(self, events: Sequence[Event], begun: float, now: float) -> None:
        """These are stored, the product says."""
        with self._lock:
            self._events.extend(events)
            self.acknowledged_at.append((begun, now))

    def refuse(self, answer: str) -> None:
        """Events that nothing is wrong with were not taken."""
        with self._lock:
            self.refused.append(answer)

    def __len__(self) -> int:
        return len(self._events)

    def first(self, most: int) -> list[Event]:
        """The events that were acknowledged first."""
        with self._lock:
            return self._events[:most]

    def first_after(self, instant: float) -> float | None:
        """When the first request that was begun after an instant was acknowledged."""
        with self._lock:
            found = [end for begun, end in self.acknowledged_at if begun >= instant]
        return min(found, default=None)

    def totals(self) -> Totals:
        """What each meter must have come to."""
        with self._lock:
            return totals(self._events)

    def events(self) -> Totals:
        """How many events each meter must have had."""
        with self._lock:
            return Counter((event["account"], event["meter"]) for event in self._events)


def totals(events: Iterable[Event]) -> Totals:
    """What events add up to."""
    found: Totals = Counter()
    for event in events:
        found[event["account"], event["meter"]] += round(event.get("value", 1) * MICRO)
    return found
