"""The loop of the demo: on to the next instant at which anything happens, and let it happen."""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from segue.demo import world
from segue.demo.clock import DemoClock
from segue.demo.doors import Doors
from segue.demo.pace import Pace
from segue.demo.schedule import Schedule, Step
from segue.demo.story import ASKS, Note, Story
from segue.demo.world import Player
from segue.wiring import Runtime
from service.calendar import DAILY
from service.context import Change
from store import due, outbox

_UPGRADE_AFTER = timedelta(days=2)
_TIDIES = timedelta(days=1)


class Driver:
    """Moves the clock, plays the vendor, and lets Segue's worker do what is due.

    Without a pace it goes as fast as it can.
    """

    def __init__(
        self,
        runtime: Runtime,
        clock: DemoClock,
        schedule: Schedule,
        doors: Doors,
        *,
        pace: Pace | None = None,
    ) -> None:
        self._context, self._worker = runtime.context, runtime.worker
        self._hub = runtime.hub
        self._clock, self._schedule, self._doors, self._pace = clock, schedule, doors, pace
        self._changed: set[str] = set()
        self._tidied = clock.now()
        self.story = Story(runtime.context)
        self._loop = asyncio.get_running_loop()
        self._context.signals.listen(self._noticed)

    async def step(self) -> list[Note] | None:
        """The next instant and what was new at it; None where the story is over."""
        delivery, others = await asyncio.to_thread(self._due)
        at = _earliest((delivery, *others))
        if at is None or at > world.END:
            return None
        if self._pace is not None and not await self._pace.come(at, delivery=at == delivery):
            return await self._happen(())
        self._clock.put(at)
        return await self._happen(self._schedule.take(self._clock.now()))

    async def run(self) -> None:
        """The whole story at the pace's speed; afterwards clicks still work, in real time."""
        assert self._pace is not None
        while await self.step() is not None:
            pass
        self._pace.done = True
        asks = sum(note.kind in ASKS for note in self.story.notes)
        self.story.tell(world.HERO, "over", asks="one ask" if asks == 1 else f"{asks} asks")
        while True:
            delivery, _ = await asyncio.to_thread(self._due)
            await self._pace.come(delivery, delivery=True)
            await self._happen(())

    async def _happen(self, steps: Sequence[Step]) -> list[Note]:
        before = len(self.story.notes)
        told: set[str] = set()
        for step in steps:
            told.update(await step())
        if steps:
            self._changed = told  # That usage came in is no news in itself.
        await self._work()
        await asyncio.sleep(0)  # Signals from other threads arrive before they are read.
        for player in await asyncio.to_thread(self._look):
            self._hub.look(player.id)  # Its days pass too quickly for the page's own clock.
        notes = self.story.notes[before:]
        for note in notes:
            if note.kind == "approve":
                self._plan_upgrade(world.player(note.account), note.at)
        if self._pace is not None:
            self._pace.react(notes)
        return notes

    async def _work(self) -> None:
        if self._clock.now() < self._tidied + _TIDIES:
            while await self._worker.step():
                pass
        else:
            await self._worker.until_idle()
            self._tidied = self._clock.now()

    def _look(self) -> list[Player]:
        now = self._clock.now()
        changed, self._changed = self._changed, set()
        players = [p for p in world.PLAYERS if p.id in changed or _is_daily(p, now)]
        for player in players:
            self.story.look(player)
        return players

    def _plan_upgrade(self, player: Player, approved: datetime) -> None:
        """The vendor's own billing follows an approval; Segue only hears of it."""

        async def upgrade() -> Collection[str]:
            plan = self._context.policy().catalogue.plans[player.plan]
            if plan.next is not None:
                await self._doors.change_plan(player.id, plan.next, "approved by the customer")
                larger = self._context.policy().catalogue.plans[plan.next].name
                self.story.tell(player, "upgraded", plan=larger)
            return (player.id,)

        self._schedule.add(approved + _UPGRADE_AFTER, upgrade)

    def _due(self) -> tuple[datetime | None, tuple[datetime | None, ...]]:
        """When the next delivery is due, and when the other things are."""
        with self._context.database.read() as session:
            return outbox.next_due(session), (due.next_daily(session), self._schedule.next_at())

    def _noticed(self, change: Change) -> None:
        if change.accounts is not None:
            self._loop.call_soon_threadsafe(self._note_change, change.accounts)

    def _note_change(self, accounts: frozenset[str]) -> None:
        self._changed |= accounts
        if self._pace is not None:
            self._pace.wake()
            self._pace.touch()


def _is_daily(player: Player, now: datetime) -> bool:
    """Whether this is when Segue looks at the account every day."""
    local = now.astimezone(ZoneInfo(player.zone))
    return (local.hour, local.minute) == (DAILY.hour, DAILY.minute)


def _earliest(instants: Iterable[datetime | None]) -> datetime | None:
    return min((at for at in instants if at is not None), default=None)
