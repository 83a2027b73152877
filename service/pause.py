"""Pauses of asks: those that do harm pause themselves, admins pause and let them go on."""

import logging
from datetime import datetime, timedelta
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
HARM, ADMIN = "harm", "admin"
_LONGEST = 280


def watch(context: Context) -> StoredPause | None:
    """Hold asks and reflections back where the measurement says harm; the pause that holds.

    Who was exposed before an admin lifted the last pause has been judged: only later ones count.
    """
    now = context.clock.now()
    with context.database.read() as session:
        paused = pauses.in_force(session, now)
        since = pauses.last_lifted(session, HARM)
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
        return pauses.in_force(session, context.clock.now())


def hold(context: Context, *, by: str, because: str, span: timedelta | None = None) -> StoredPause:
    """An admin holds asks and reflections back, for a while or until somebody lifts it.

    Raises:
        Conflict: they pause already.
        Invalid: no reason was given, or a long one.
    """
    _check(because)
    now = context.clock.now()
    until = now + span if span else None
    evidence = {"found": [], "by": by, "because": because}
    with context.database.write() as session:
        if pauses.in_force(session, now) is not None:
            raise Conflict("suggestions are paused already")
        pauses.begin(session, since=now, why=ADMIN, evidence=evidence, until=until)
        entry = audit.Entry(
            at=now,
            actor=by,
            action="asks.pause",
            before={"paused": None},
            after={"paused": now.isoformat(), "until": _iso(until), "because": because},
        )
        audit.add(session, entry)
        unguard(session, None)
        session.flush()
        found = pauses.in_force(session, now)
    assert found is not None
    context.signals.changed(None)
    return found


def tidy(context: Context) -> None:
    """Note the end of pauses whose time is over, so that every account is looked at again."""
    now = context.clock.now()
    with context.database.write() as session:
        over = pauses.over(session, now)
        for paused in over:
            pauses.lift(session, paused.id, at=paused.until or now, by="segue", because="over")
            entry = audit.Entry(
                at=now,
                actor="segue",
                action="asks.resume",
                before={"paused": paused.since.isoformat()},
                after={"paused": None, "because": "over"},
            )
            audit.add(session, entry)
        if over:
            unguard(session, None)
    if over:
        context.signals.changed(None)


def told(context: Context, paused: StoredPause, locale: str = "en") -> tuple[str, ...]:
    """A pause in sentences for the admin: since when, what was found, what ends it."""
    zone = context.policy().catalogue.product.time_zone
    if paused.why == ADMIN:
        because = str(paused.evidence["because"])
        return words.by_admin(paused.since, paused.until, because, locale=locale, zone=zone)
    return words.told(paused.since, paused.evidence["found"], locale=locale, zone=zone)


def resume(context: Context, *, by: str, because: str) -> StoredPause:
    """Let asks and reflections go on, and say which pause that ended.

    Raises:
        Conflict: nothing is paused.
        Invalid: no reason was given, or a long one.
    """
    _check(because)
    now = context.clock.now()
    with context.database.write() as session:
        paused = pauses.in_force(session, now)
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


def _check(because: str) -> None:
    if not because.strip() or len(because) > _LONGEST:
        raise Invalid(f"say why in 1 to {_LONGEST} characters", pointer="because")


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


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
