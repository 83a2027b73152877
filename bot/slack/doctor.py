"""What is not well with Slack, in sentences that say how to mend it."""

from datetime import datetime, timedelta

from bot.slack.install import SCOPES
from bot.slack.refusals import Meaning, meaning_of
from bot.words import Words
from engine.errors import SegueError
from service.context import Context
from store import inbound, installs, lanes, outbox
from store.installs import Workspace
from store.outbox import DeliveryState

_LOOKED_BACK = timedelta(days=7)
_LONG = timedelta(minutes=1)
_SHOWN = 10


def troubles(context: Context, locale: str = "en") -> list[str]:
    """One line for each thing that is wrong; empty: all is well."""
    words, now = Words(locale), context.clock.now()
    with context.database.read() as session:
        workspaces = [w for w in installs.everyone(session) if w.revoked_at is None]
        closed = lanes.held(session, now)
        deliveries = outbox.trouble(session, "slack", now - _LOOKED_BACK)
        waiting = inbound.waiting(session, now - _LONG, chat="slack")
    lines = [line for w in workspaces for line in _of_workspace(context, w, words, now)]
    if not workspaces:
        lines.append(words.say("doctor_no_workspace"))
    elif all(w.account is not None for w in workspaces):
        lines.append(words.say("doctor_no_home"))
    for lane in closed[:_SHOWN]:
        until = f"{lane.until:%H:%M:%S} UTC"
        lines.append(words.say("doctor_closed", lane=lane.name, until=until, why=lane.why))
    if waiting:
        lines.append(words.say("doctor_waiting", count=str(waiting)))
    lines += _of_deliveries(deliveries, words)
    return lines


def _of_workspace(context: Context, of: Workspace, words: Words, now: datetime) -> list[str]:
    team = f"{of.name} ({of.team})" if of.name else of.team
    lines = []
    missing = [scope for scope in SCOPES if scope not in of.scopes.split(",")]
    if missing:
        lines.append(words.say("doctor_scopes", team=team, scopes=", ".join(missing)))
    try:
        context.secrets.decrypt(of.token)
    except SegueError:
        lines.append(words.say("doctor_unreadable", team=team))
    if of.trouble or (of.expires_at is not None and of.expires_at <= now):
        why = of.trouble or "token_expired"
        lines.append(words.say("doctor_expired", team=team, why=why))
    return lines


def _of_deliveries(found: tuple[tuple[DeliveryState, str, int], ...], words: Words) -> list[str]:
    """What deliveries ran into; what only waits for its hour is in order."""
    lines = []
    for state, reason, count in found:
        failed = state is DeliveryState.FAILED
        known = meaning_of(reason) or (Meaning.REFUSED if failed else None)
        if known is not None:
            label = "doctor_failed" if failed else "doctor_retried"
            told = words.say(label, count=str(count), why=reason)
            lines.append(f"{told} {words.say(f'trouble_{known}')}")
    return lines[:_SHOWN]
