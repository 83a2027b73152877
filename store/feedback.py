"""What people said to alerts."""

from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from engine.alert import FeedbackKind
from store import tables
from store.rows import add_once


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFeedback:
    """One answer by one person."""

    account: str
    id: str
    alert: str
    person: str
    role: str
    kind: FeedbackKind
    at: datetime
    channel: str
    until: date | None = None
    reason: str | None = None
    whole_account: bool = False
    undone_at: datetime | None = None


def add(session: Session, feedback: StoredFeedback) -> bool:
    """Keep an answer; False where this id was kept before."""
    return add_once(session, tables.Feedback, asdict(feedback))


def get(session: Session, account: str, feedback: str) -> StoredFeedback | None:
    """One answer."""
    row = session.get(tables.Feedback, (account, feedback))
    return _value(row) if row else None


def undo(session: Session, account: str, feedback: str, at: datetime) -> None:
    """The person took it back; it counts no more."""
    row = session.get(tables.Feedback, (account, feedback))
    if row is not None and row.undone_at is None:
        row.undone_at = at
        session.add(row)
        session.flush()


def of_alert(session: Session, account: str, alert: str) -> tuple[StoredFeedback, ...]:
    """Answers to one alert that still stand, oldest first."""
    rows = session.exec(
        select(tables.Feedback)
        .where(
            col(tables.Feedback.account) == account,
            col(tables.Feedback.alert) == alert,
            col(tables.Feedback.undone_at).is_(None),
        )
        .order_by(col(tables.Feedback.at), col(tables.Feedback.id))
    ).all()
    return tuple(_value(r) for r in rows)


def mutes(session: Session, account: str) -> tuple[StoredFeedback, ...]:
    """Answers that mute the whole account and were not taken back, oldest first."""
    given = tables.Feedback
    rows = session.exec(
        select(given)
        .where(
            col(given.account) == account,
            col(given.kind) == FeedbackKind.MUTED,
            col(given.whole_account),
            col(given.undone_at).is_(None),
        )
        .order_by(col(given.at), col(given.id))
    ).all()
    return tuple(_value(r) for r in rows)


def _value(row: tables.Feedback) -> StoredFeedback:
    values = {n: getattr(row, n) for n in StoredFeedback.__slots__}
    return StoredFeedback(**{**values, "kind": FeedbackKind(row.kind)})
