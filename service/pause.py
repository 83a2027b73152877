"""Asks that do harm pause themselves: found in the night, seen by admins, lifted by one of them."""

import logging
from typing import Any

from engine.errors import Conflict, Invalid, NotFound
from engine.exposure import OutcomeKind
from engine.lift import Lift, LiftState
from service import lift
from service.context import Context
from store import audit, pauses
from store.pauses import StoredPause
from store.watch import unguard
from templates import paused as words

log = logging.getLogger(__name__)
HARM = "harm"
_LONGEST = 280


def watch(context: Context) -> StoredPause | None:
    """Hold asks and reflections back where the measurement says harm; the pause that holds.

    Who was exposed before an admin lifted the last pause has been judged: only later ones count.
    """
    now = context.clock.now()
    with context.database.read() as session:
        paused, since = pauses.in_force(session), pauses.last_lifted(session)
    if paused is not None:
        return paused
    try:
        found = lift.report(context, since=since)
    except NotFound:  # Nobody went live yet.
        return None
    if found.state is not LiftState.HARM:
        return None
    evidence = _evidence(found)
    with context.database.write() as session:
        pauses.begin(session, since=now, why=HARM, evidence=evidence)
        entry = audit.Entry(at=now, actor="segue", action="asks.pause", after=evidence)
        audit.add(session, entry)
        unguard(session, None)
    context.signals.changed(None)
    log.warning("asks pause themselves, for they do harm: see `segue doctor`")
    return in_force(context)


def in_force(context: Context) -> StoredPause | None:
    """The pause that holds now."""
    with context.database.read() as session:
        return pauses.in_force(session)


def told(context: Context, paused: StoredPause, locale: str = "en") -> tuple[str, ...]:
    """A pause in sentences for the admin: since when, what was found, what ends it."""
    zone = context.policy().catalogue.product.time_zone
    return words.told(paused.since, paused.evidence["found"], locale=locale, zone=zone)


def resume(context: Context, *, by: str, because: str) -> StoredPause:
    """Let asks and reflections go on, and say which pause that ended.

    Raises:
        Conflict: nothing is paused.
        Invalid: no reason was given, or a long one.
    """
    if not because.strip() or len(because) > _LONGEST:
        raise Invalid(f"say why in 1 to {_LONGEST} characters", pointer="because")
    now = context.clock.now()
    with context.database.write() as session:
        paused = pauses.in_force(session)
        if paused is None:
            raise Conflict("nothing is paused")
        pauses.lift(session, paused.id, at=now, by=by, because=because)
        entry = audit.Entry(
            at=now,
            actor=by,
            action="asks.resume",
            before={"paused": paused.since.isoformat(), **paused.evidence},
            after={"paused": None, "because": because},
        )
        audit.add(session, entry)
        unguard(session, None)
    context.signals.changed(None)
    return paused


def _evidence(found: Lift) -> dict[str, Any]:
    """What did harm: by how much at least, what would be tolerated, and among how many accounts."""
    harms: list[dict[str, Any]] = [
        {
            "kind": guard.kind,
            "least": guard.low,
            "tolerated": guard.tolerated,
            "accounts": guard.arms.treated.n,
        }
        for guard in found.guards
        if guard.harmed
    ]
    if found.high is not None and found.high < 0:
        accounts = found.upgrades.treated.n
        kind, least = OutcomeKind.UPGRADE, -found.high
        harms.append({"kind": kind, "least": least, "tolerated": 0.0, "accounts": accounts})
    return {"found": harms}
