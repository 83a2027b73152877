"""How fast the demo's time goes: days a second, and real seconds where somebody should read."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.errors import Invalid
from segue.demo.clock import DemoClock
from segue.demo.story import ASKS, LOUD, Note

SPEEDS = (0.5, 1.0, 2.0, 6.0)
_TICK = 0.04
_LONGEST = 0.3
_SOON = timedelta(seconds=60)
"""What is due this soon is waited for in real seconds: a forward that can still be undone."""
_READING, _GLANCE = 60.0, 15.0
_SENTENCE = 3.0
"""Seconds to read what the narrator says, at two days a second or less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Segue has spoken: time goes at its real speed until somebody goes on, or looked enough."""

    account: str
    note: int
    until: float

    @property
    def left(self) -> int:
        """Seconds until it goes on by itself."""
        return max(0, round(self.until - time.monotonic()))


class Pace:
    """What the page's controls move."""

    def __init__(self, clock: DemoClock) -> None:
        self._clock = clock
        self._news = asyncio.Event()
        self._skipping = False
        self._reading_until = 0.0
        self._moved_at = time.monotonic()
        self.speed = 2.0
        self.paused = False
        self.held: Held | None = None
        self.done = False

    def control(self, action: str, speed: float | None = None) -> None:
        """A button of the page: play, pause, next, continue or speed."""
        match action:
            case "play" | "continue":
                self.paused, self.held, self._reading_until = False, None, 0.0
            case "pause":
                self.paused, self._skipping = True, False
            case "next":
                self.paused, self.held, self._skipping = False, None, True
            case "speed" if speed in SPEEDS:
                self.speed = float(speed)
            case _:
                raise Invalid("say play, pause, next, continue or speed", pointer="/action")
        self.wake()

    def wake(self) -> None:
        """Something changed: look again what comes next."""
        self._news.set()

    def touch(self) -> None:
        """Somebody is doing something with what Segue said: give them time."""
        if self.held is not None:
            until = max(self.held.until, time.monotonic() + _READING)
            self.held = Held(account=self.held.account, note=self.held.note, until=until)

    def react(self, notes: Sequence[Note]) -> None:
        """Stop at what is new, as the mode says."""
        loud = next((n for n in notes if n.kind in LOUD), None)
        if loud is not None:
            wait = _READING if loud.kind in ASKS else _GLANCE
            until = time.monotonic() + wait
            self.held = Held(account=loud.account, note=loud.id, until=until)
        elif notes:
            self._reading_until = time.monotonic() + _SENTENCE / max(1.0, self.speed / 2)
        if notes and self._skipping:
            self._skipping, self.paused = False, True

    async def come(self, at: datetime | None, *, delivery: bool = False) -> bool:
        """Wait until `at` may come; False where something new should be looked at first.

        A delivery that is due soon is waited for in real seconds.
        """
        self._news.clear()
        while not (at is not None and self._skipping):
            if self._news.is_set():
                return False
            now = self._clock.now()
            if at is not None and delivery and at - now <= _SOON:
                self._clock.walk()
                if now >= at:
                    return True
            elif self._resting():
                self._clock.walk()
            elif at is None:
                return False
            else:
                self._clock.stand()
                self._clock.put(min(at, now + timedelta(days=self.speed * self._passed())))
                if self._clock.now() >= at:
                    return True
            await asyncio.sleep(_TICK)
        return True

    def _passed(self) -> float:
        """Real seconds since the clock was last moved on, work done meanwhile included."""
        before, self._moved_at = self._moved_at, time.monotonic()
        return min(self._moved_at - before, _LONGEST)

    def _resting(self) -> bool:
        if self.held is not None and self.held.left <= 0:
            self.held = None
        reading = time.monotonic() < self._reading_until
        return reading or self.paused or self.held is not None or self.done
