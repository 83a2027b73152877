"""An admin mutes a whole account, and lets it hear suggestions again."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session

from engine.alert import FeedbackKind
from engine.errors import Conflict, Invalid
from engine.snapshot import Role
from service import accounts as known
from service import snapshot
from service.context import Context
from service.secrets import new_id
from store import accounts, audit, due, feedback

LONGEST = 280


@dataclass(frozen=True, slots=True, kw_only=True)
class Muted:
    """Whether an account is muted: since when, until which day (None: for good)."""

    muted: bool
    since: datetime | None = None
    until: date | None = None


def standing(context: Context, account: str) -> Muted:
    """How it stands.

    Raises:
        NotFound: there is no such account.
    """
    with context.database.read() as session:
        known.known(session, account)
        return _standing(context, session, account)


def mute(
    context: Context,
    account: str,
    *,
    by: str,
    span: timedelta | None = None,
    because: str | None = None,
) -> tuple[Muted, Muted]:
    """Suggest nothing to anybody there, for a while or for good; how it stood, and stands.

    Raises:
        NotFound: there is no such account.
        Invalid: the reason is too long, or the time shorter than a day.
    """
    now = context.clock.now()
    if because is not None and len(because) > LONGEST:
        raise Invalid(f"a reason has at most {LONGEST} characters", pointer="because")
    if span is not None and span < timedelta(days=1):
        raise Invalid("a mute lasts a day at least", pointer="for")
    with context.database.write() as session:
        accounts.hold(session, account)
        known.known(session, account)
        before = _standing(context, session, account)
        until = (now + span).astimezone(_zone(context, session, account)).date() if span else None
        _take_back(session, account, now)
        given = feedback.StoredFeedback(
            account=account,
            id=new_id("mute"),
            alert="",
            person=by,
            role=Role.ADMIN,
            kind=FeedbackKind.MUTED,
            at=now,
            channel="slack",
            until=until,
            reason=because,
            whole_account=True,
        )
        feedback.add(session, given)
        after = Muted(muted=True, since=now, until=until)
        _note(session, account, "account.mute", by, now, before, after, because)
    context.signals.changed(account)
    return before, after


def unmute(
    context: Context, account: str, *, by: str, because: str | None = None
) -> tuple[Muted, Muted]:
    """Let the account hear suggestions again: whoever muted it as a whole.

    Raises:
        NotFound: there is no such account.
        Conflict: it is not muted.
    """
    now = context.clock.now()
    with context.database.write() as session:
        accounts.hold(session, account)
        known.known(session, account)
        before = _standing(context, session, account)
        if not before.muted:
            raise Conflict(f"{account!r} is not muted")
        _take_back(session, account, now)
        _note(session, account, "account.unmute", by, now, before, Muted(muted=False), because)
    context.signals.changed(account)
    return before, Muted(muted=False)


def _standing(context: Context, session: Session, account: str) -> Muted:
    today = context.clock.now().astimezone(_zone(context, session, account)).date()
    holding = [m for m in feedback.mutes(session, account) if m.until is None or m.until > today]
    if not holding:
        return Muted(muted=False)
    last = max(holding, key=lambda mute: mute.until or date.max)
    return Muted(muted=True, since=last.at, until=last.until)


def _take_back(session: Session, account: str, now: datetime) -> None:
    for mute in feedback.mutes(session, account):
        feedback.undo(session, account, mute.id, now)


def _note(
    session: Session,
    account: str,
    action: str,
    by: str,
    now: datetime,
    before: Muted,
    after: Muted,
    because: str | None,
) -> None:
    entry = audit.Entry(
        at=now,
        actor=by,
        action=action,
        account=account,
        before=_document(before),
        after={**_document(after), "because": because},
    )
    audit.add(session, entry)
    due.mark(session, account, now)


def _document(muted: Muted) -> dict[str, Any]:
    return {"muted": muted.muted, "until": muted.until.isoformat() if muted.until else None}


def _zone(context: Context, session: Session, account: str) -> ZoneInfo:
    return ZoneInfo(snapshot.zone(session, account, context.policy()) or "UTC")
