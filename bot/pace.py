"""How fast messages go out: by room and workspace, as a chat publishes it and as it says."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.channel import Behind, Hold, Queue
from service.context import Context
from store import lanes
from store.lanes import Held, Rate
from store.places import CLOSED, PACED


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """What a chat takes. `method`: between calls of a method that it counts by workspace."""

    room: Rate
    workspace: Rate
    method: timedelta


class Pace:
    """Lanes of rooms, workspaces and methods, shared by all nodes."""

    def __init__(self, context: Context, rates: Rates) -> None:
        self._context, self._rates = context, rates

    async def turn(self, team: str, room: str, *, post: bool) -> Hold | None:
        """Take the next place in a room; None: it is yours. An update waits for no other."""
        rates = {team: self._rates.workspace}
        if post:
            rates[room_lane(team, room)] = self._rates.room
        held = await asyncio.to_thread(self._take, rates)
        if held is None:
            return None
        whole, rate = held.name == team, rates[held.name]
        queue = Queue(
            gap=rate.gap,
            behind=Behind.ACCOUNT if whole else Behind.PERSON,
            burst=rate.burst if held.why else 1,
            updates=whole,
        )
        return Hold(held.until, CLOSED if held.why else PACED, queue)

    async def closed(self, team: str, room: str | None, method: str) -> Hold | None:
        """Why nothing goes to a room, or (None) by a method, until the chat opens it again."""
        lane = room_lane(team, room) if room else method_lane(team, method)
        until = (await asyncio.to_thread(self._closed, team)).get(lane)
        if until is None:
            return None
        if room:
            rate = self._rates.room
            queue = Queue(gap=rate.gap, behind=Behind.PERSON, burst=rate.burst)
            return Hold(until, CLOSED, queue)
        return Hold(until, CLOSED, Queue(gap=self._rates.method, behind=Behind.NOBODY))

    async def close(self, lane: str, seconds: float, why: str) -> None:
        """The chat wants nothing more there for so long."""
        await asyncio.to_thread(self._close, lane, seconds, why)

    def _take(self, rates: dict[str, Rate]) -> Held | None:
        with self._context.database.write() as session:
            return lanes.take(session, rates, self._context.clock.now())

    def _closed(self, team: str) -> dict[str, datetime]:
        with self._context.database.read() as session:
            found = lanes.held(session, self._context.clock.now(), prefix=f"{team}/")
        return {lane.name: lane.until for lane in found}

    def _close(self, lane: str, seconds: float, why: str) -> None:
        with self._context.database.write() as session:
            until = self._context.clock.now() + timedelta(seconds=seconds)
            lanes.hold(session, lane, until, why=why)


def room_lane(team: str, room: str) -> str:
    """The lane of a room."""
    return f"{team}/{room}"


def method_lane(team: str, method: str) -> str:
    """The lane of a method that a chat counts by workspace: users_lookupByEmail and the like."""
    return f"{team}/{method}"
