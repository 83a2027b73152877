"""What a chat ran into, in sentences that say how to mend it."""

from collections.abc import Collection
from datetime import timedelta

from bot.meaning import Meaning, meaning_of
from bot.words import Words
from service.context import Context
from store import inbound, lanes, outbox
from store.outbox import DeliveryState

_LOOKED_BACK = timedelta(days=7)
_LONG = timedelta(minutes=1)
_SHOWN = 10


def troubles(
    context: Context,
    chat: str,
    words: Words,
    *,
    teams: Collection[str],
) -> list[str]:
    """What is closed for a while in these workspaces, what waits, and what failed lately."""
    now = context.clock.now()
    with context.database.read() as session:
        closed = [one for one in lanes.held(session, now) if one.name.partition("/")[0] in teams]
        waiting = inbound.waiting(session, now - _LONG, chat=chat)
        found = outbox.trouble(session, chat, now - _LOOKED_BACK)
    lines = [
        words.say("doctor_closed", lane=one.name, until=f"{one.until:%H:%M:%S} UTC", why=one.why)
        for one in closed[:_SHOWN]
    ]
    if waiting:
        lines.append(words.say("doctor_waiting", count=str(waiting)))
    failures = [_failure(*one, words) for one in found]
    return [*lines, *[line for line in failures if line][:_SHOWN]]


def _failure(state: DeliveryState, reason: str, count: int, words: Words) -> str:
    """What deliveries ran into; empty where they only wait for their hour."""
    failed = state is DeliveryState.FAILED
    meaning = meaning_of(reason) or (Meaning.REFUSED if failed else None)
    if meaning is None:
        return ""
    told = words.say("doctor_failed" if failed else "doctor_retried", count=str(count), why=reason)
    return f"{told} {words.say(f'trouble_{meaning}')}"
