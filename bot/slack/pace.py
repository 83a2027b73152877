"""How fast messages go out: one a second in a room, five in a workspace, and as Slack says."""

import asyncio
from datetime import datetime, timedelta

from service.channel import Behind, Hold, Queue
from service.context import Context
from store import lanes
from store.lanes import Held, Rate
from store.places import CLOSED, PACED

PER_ROOM = Rate(gap=timedelta(seconds=1), burst=3)
PER_WORKSPACE = Rate(gap=timedelta(milliseconds=200), burst=20)
"""Slack publishes one message a second in a room, with short bursts above that, and several
hundred a minute in a workspace."""
PER_METHOD = timedelta(milliseconds=1200)
"""Between calls of a method that Slack counts by workspace: it takes some fifty a minute."""


class Pace:
    """Lanes of rooms, workspaces and methods, shared by all nodes."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def turn(self, team: str, room: str, *, post: bool) -> Hold | None:
        """Take the next place in a room; None: it is yours. An update waits for no other."""
        rates = {team: PER_WORKSPACE}
        if post:
            rates[room_lane(team, room)] = PER_ROOM
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
        """Why nothing goes to a room, or (None) by a method, until Slack opens it again."""
        lane = room_lane(team, room) if room else method_lane(team, method)
        until = (await asyncio.to_thread(self._closed, team)).get(lane)
        if until is None:
            return None
        if room:
            return Hold(
                until, CLOSED, Queue(gap=PER_ROOM.gap, behind=Behind.PERSON, burst=PER_ROOM.burst)
            )
        return Hold(until, CLOSED, Queue(gap=PER_METHOD, behind=Behind.NOBODY))

    async def close(self, lane: str, seconds: float, why: str) -> None:
        """Slack wants nothing more there for so long."""
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
    """The lane of a method that Slack counts by workspace: users_lookupByEmail and the like."""
    return f"{team}/{method}"
