"""What the demo's vendor does and when: sign-ups, daily usage, a support ticket, an upgrade."""

import heapq
import itertools
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime, time
from zoneinfo import ZoneInfo

from segue.demo import world
from segue.demo.doors import Doors
from segue.demo.world import Player, Use

Step = Callable[[], Awaitable[Collection[str]]]
"""Does something through the doors and says where that may be news by itself."""


class Schedule:
    """Steps by their instant; steps of the same instant keep the order they came in."""

    def __init__(self) -> None:
        self._steps: list[tuple[datetime, int, Step]] = []
        self._count = itertools.count()

    def add(self, at: datetime, step: Step) -> None:
        """Plan a step."""
        heapq.heappush(self._steps, (at, next(self._count), step))

    def next_at(self) -> datetime | None:
        """When the next step comes."""
        return self._steps[0][0] if self._steps else None

    def take(self, now: datetime) -> list[Step]:
        """The steps that have come."""
        come = []
        while self._steps and self._steps[0][0] <= now:
            come.append(heapq.heappop(self._steps)[2])
        return come


def vendor(doors: Doors, uses: tuple[Use, ...]) -> Schedule:
    """Everything that happens whatever anybody answers."""
    schedule = Schedule()
    for player in world.PLAYERS:
        at = world.signed_up(uses, player)
        schedule.add(at, _sign_up(doors, player, at))
    for at, together in itertools.groupby(uses, key=lambda use: use.at):
        schedule.add(at, _report(doors, tuple(together)))
    _ticket(schedule, doors)
    return schedule


def _sign_up(doors: Doors, player: Player, at: datetime) -> Step:
    async def step() -> Collection[str]:
        await doors.put_account(player.id, player.facts(at.date()))
        for actor in player.people:
            await doors.put_person(player.id, actor.id, player.person(actor, at.date()))
        return (player.id,)

    return step


def _report(doors: Doors, uses: Sequence[Use]) -> Step:
    async def step() -> Collection[str]:
        await doors.report(
            [
                {
                    "id": use.id,
                    "account": use.player.id,
                    "meter": "reports",
                    "value": use.value,
                    "at": use.at.isoformat(),
                }
                for use in uses
            ]
        )
        return ()

    return step


def _ticket(schedule: Schedule, doors: Doors) -> None:
    account, id, opened, solved = world.TICKET
    zone = ZoneInfo(world.player(account).zone)
    start = datetime.combine(opened, time(8, 20), zone)
    end = datetime.combine(solved, time(16, 40), zone)
    told = {"kind": "ticket", "urgent": True, "from": start.isoformat()}

    async def open_it() -> Collection[str]:
        await doors.put_blocker(account, id, told)
        return (account,)

    async def close_it() -> Collection[str]:
        await doors.put_blocker(account, id, {**told, "until": end.isoformat()})
        return (account,)

    schedule.add(start, open_it)
    schedule.add(end, close_it)
