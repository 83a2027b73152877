"""What people answer: kept once, closing the alert everywhere, undone within ten seconds."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from engine.alert import AlertClass, FeedbackKind
from engine.errors import Conflict, NotFound
from engine.history import history
from engine.ledger import balance
from engine.snapshot import Person, Role, Snapshot
from service import cards, snapshot
from service.context import Context
from service.people import CHAMPION_LIKE, named
from store import accounts, alerts, due, feedback, people

UNDO = timedelta(seconds=10)
_CLOSING = {
    FeedbackKind.APPROVED,
    FeedbackKind.DISMISSED,
    FeedbackKind.SNOOZED,
    FeedbackKind.DECLINED,
    FeedbackKind.NOT_USEFUL,
    FeedbackKind.MUTED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackResult:
    """What an answer led to: the earliest day Segue may suggest something again, if known."""

    id: str
    kind: FeedbackKind
    returns: date | None
    undo_until: datetime
    duplicate: bool = False


def record(
    context: Context,
    *,
    id: str,
    account: str,
    alert: str,
    person: Person | str,
    kind: FeedbackKind,
    channel: str,
    until: date | None = None,
    reason: str | None = None,
    whole_account: bool = False,
) -> FeedbackResult:
    """Keep one answer; the same id again changes nothing.

    Raises:
        NotFound: no such alert at this account.
    """
    now = context.clock.now()
    applied = context.policy()
    with context.database.write() as session:
        accounts.hold(session, account)
        stored = alerts.get(session, account, alert)
        facts = snapshot.load(context, session, account, now, applied)
        if stored is None or facts is None:
            raise NotFound(f"there is no alert {alert!r} here")
        who = person if isinstance(person, Person) else _person(facts, person)
        given = feedback.StoredFeedback(
            account=account,
            id=id,
            alert=alert,
            person=who.id,
            role=who.role,
            kind=kind,
            at=now,
            channel=channel,
            until=until,
            reason=reason,
            whole_account=whole_account and _binds(who, stored),
        )
        fresh = feedback.add(session, given)
        returns = _apply(context, session, stored, who, given) if fresh else stored.returns
    context.signals.changed(account)
    return FeedbackResult(
        id=id, kind=kind, returns=returns, undo_until=now + UNDO, duplicate=not fresh
    )


def undo(context: Context, *, account: str, id: str, person: str, alert: str | None = None) -> bool:
    """Take one's own answer back while that is possible; False where it is too late.

    Raises:
        NotFound: this person never gave it (to `alert`, where that is said).
    """
    now = context.clock.now()
    with context.database.write() as session:
        accounts.hold(session, account)
        given = feedback.get(session, account, id)
        if given is None or given.person != person or alert not in (None, given.alert):
            raise NotFound("there is no such answer of yours")
        if given.undone_at is not None:
            return True
        if now - given.at > UNDO:
            return False
        feedback.undo(session, account, id, now)
        if given.kind is FeedbackKind.MUTED and not given.whole_account:
            people.mute(session, account, person, muted=False)
        alerts.reopen(session, account, given.alert, closed_as=given.kind)
        cards.refresh(session, account, given.alert, now)
        due.mark(session, account, now)
    context.signals.changed(account)
    return True


def _apply(
    context: Context,
    session: Session,
    stored: alerts.StoredAlert,
    who: Person,
    given: feedback.StoredFeedback,
) -> date | None:
    """What a fresh answer changes, in the same commit."""
    account, kind, now = given.account, given.kind, given.at
    if kind is FeedbackKind.SEEN:
        if stored.closed_at is None:
            alerts.charge(session, account, stored.id, now)
        return None
    if kind is FeedbackKind.MUTED and not given.whole_account:
        people.mute(session, account, who.id, muted=True)
    returns = None
    if kind in (FeedbackKind.SNOOZED, FeedbackKind.DECLINED, FeedbackKind.NOT_USEFUL):
        returns = _earliest(context, session, given)
    told = stored.key.alert_class is AlertClass.NOTICE
    if kind in _CLOSING and _binds(who, stored) and not told:
        alerts.close(session, account, stored.id, at=now, closed_as=kind, returns=returns)
    cards.refresh(session, account, stored.id, now)
    due.mark(session, account, now)
    return returns


def _binds(who: Person, alert: alerts.StoredAlert) -> bool:
    """Whether they answer for the account: by role, or as the champion whom the alert went to."""
    return who.role in CHAMPION_LIKE or who.id == alert.person


def _earliest(context: Context, session: Session, given: feedback.StoredFeedback) -> date | None:
    """The first day something may be suggested again, now that the answer is kept."""
    applied = context.policy()
    facts = snapshot.load(context, session, given.account, given.at, applied)
    assert facts is not None
    zone = ZoneInfo(facts.account.time_zone)
    today = given.at.astimezone(zone).date()
    rest = balance(facts, history(facts, today).value_days, applied.policy, given.at).rest_until
    days = [given.until, rest.astimezone(zone).date() if rest else None]
    return max((d for d in days if d is not None), default=None)


def _person(facts: Snapshot, id: str) -> Person:
    return named(facts.people, id) or Person(id=id, role=Role.USER)


def require_open(stored: alerts.StoredAlert | None) -> alerts.StoredAlert:
    """The alert, if it can still be acted upon.

    Raises:
        NotFound: there is none.
        Conflict: it was closed, by whom and how the text says.
    """
    if stored is None:
        raise NotFound("there is no such alert here")
    if stored.closed_as in ("plan_changed", "held_out"):
        raise Conflict("this is over: the plan has changed since")
    return stored
