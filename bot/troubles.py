"""What deliveries of a chat ran into, in sentences that say how to mend it."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlmodel import Session

from bot.words import Words
from store import inbound, lanes, outbox
from store.outbox import DeliveryState

_LOOKED_BACK = timedelta(days=7)
_LONG = timedelta(minutes=1)
_SHOWN = 10


def of_deliveries(
    session: Session, chat: str, now: datetime, words: Words, known: Callable[[str], str | None]
) -> list[str]:
    """What went wrong lately; `known` says which meaning a reason begins with."""
    lines = []
    for state, reason, count in outbox.trouble(session, chat, now - _LOOKED_BACK):
        failed = state is DeliveryState.FAILED
        meaning = known(reason) or ("refused" if failed else None)
        if meaning is not None:  # What only waits for its hour is in order.
            label = "doctor_failed" if failed else "doctor_retried"
            told = words.say(label, count=str(count), why=reason)
            lines.append(f"{told} {words.say(f'trouble_{meaning}')}")
    return lines[:_SHOWN]


def of_lanes(session: Session, now: datetime, words: Words, teams: set[str]) -> list[str]:
    """What the chat has closed for a while, of these workspaces."""
    return [
        words.say("doctor_closed", lane=lane.name, until=f"{lane.until:%H:%M:%S} UTC", why=lane.why)
        for lane in lanes.held(session, now)
        if lane.name.partition("/")[0] in teams
    ][:_SHOWN]


def of_inbox(session: Session, chat: str, now: datetime, words: Words) -> list[str]:
    """What was taken in long ago and is not done."""
    waiting = inbound.waiting(session, now - _LONG, chat=chat)
    return [words.say("doctor_waiting", count=str(waiting))] if waiting else []
