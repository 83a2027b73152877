"""Alerts: raised once per key, charged at the first delivery, closed by an answer or by time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from engine.alert import AlertClass, AlertKey, Moment
from store import tables
from store.rows import add_once, among, as_list, dialect_of


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAlert:
    """An alert as it was raised, and how it stands. `story` is the frozen story as JSON values.

    `turn`: how often its key was raised before; a changed limit makes the same limit news again.
    """

    id: str
    key: AlertKey
    p: float | None
    person: str | None
    audience: tuple[str, ...]
    story: dict[str, Any]
    raised_at: datetime
    charged_at: datetime | None = None
    closed_at: datetime | None = None
    closed_as: str | None = None
    returns: date | None = None
    policy_version: int = 0
    turn: int = 0

    @property
    def account(self) -> str:
        """Whose alert it is."""
        return self.key.account


def add(session: Session, alert: StoredAlert) -> bool:
    """Raise an alert; False where its key was raised before, in the same turn."""
    row = {
        "account": alert.account,
        "id": alert.id,
        "key": f"{alert.key}#{alert.turn}" if alert.turn else str(alert.key),
        "alert_class": alert.key.alert_class,
        "moment": alert.key.moment,
        "meter": alert.key.meter,
        "period": alert.key.period,
        "p": alert.p,
        "person": alert.person,
        "audience": list(alert.audience),
        "story": alert.story,
        "raised_at": alert.raised_at,
        "closed_at": alert.closed_at,
        "closed_as": alert.closed_as,
        "policy_version": alert.policy_version,
    }
    return add_once(session, tables.Alert, row)


def get(session: Session, account: str, alert: str) -> StoredAlert | None:
    """One alert."""
    row = session.get(tables.Alert, (account, alert))
    return _value(row) if row else None


def named(session: Session, alert: str) -> StoredAlert | None:
    """The alert of that id, whosever it is: it stands in addresses that leave Segue."""
    row = session.exec(select(tables.Alert).where(col(tables.Alert.id) == alert)).first()
    return _value(row) if row else None


def of_account(session: Session, account: str, *, limit: int = 100) -> tuple[StoredAlert, ...]:
    """The newest alerts of an account, newest first."""
    rows = session.exec(
        select(tables.Alert)
        .where(col(tables.Alert.account) == account)
        .order_by(col(tables.Alert.raised_at).desc(), col(tables.Alert.id))
        .limit(limit)
    ).all()
    return tuple(_value(r) for r in rows)


def since(session: Session, account: str, start: datetime) -> tuple[StoredAlert, ...]:
    """The alerts of an account that were raised at or after an instant, oldest first."""
    rows = session.exec(
        select(tables.Alert)
        .where(col(tables.Alert.account) == account, col(tables.Alert.raised_at) >= start)
        .order_by(col(tables.Alert.raised_at), col(tables.Alert.id))
    ).all()
    return tuple(_value(r) for r in rows)


def open_of(session: Session, account: str) -> tuple[StoredAlert, ...]:
    """The open alerts of an account, newest first."""
    rows = session.exec(
        select(tables.Alert)
        .where(col(tables.Alert.account) == account, col(tables.Alert.closed_at).is_(None))
        .order_by(col(tables.Alert.raised_at).desc(), col(tables.Alert.id))
    ).all()
    return tuple(_value(r) for r in rows)


def open_of_all(session: Session, accounts: Iterable[str]) -> list[StoredAlert]:
    """The open alerts of these accounts."""
    asked = as_list([[account] for account in accounts])
    found = session.exec(_open(dialect_of(session)), params=asked)
    return [_value(row) for row in found]


def open_before(session: Session, before: datetime, *, limit: int = 500) -> Sequence[StoredAlert]:
    """Open alerts raised before an instant, of all accounts."""
    rows = session.exec(
        select(tables.Alert)
        .where(col(tables.Alert.closed_at).is_(None), col(tables.Alert.raised_at) < before)
        .limit(limit)
    ).all()
    return tuple(_value(r) for r in rows)


def charge(session: Session, account: str, alert: str, at: datetime) -> None:
    """The first delivery spends the attention; later ones change nothing."""
    session.execute(
        update(tables.Alert)
        .where(
            col(tables.Alert.account) == account,
            col(tables.Alert.id) == alert,
            col(tables.Alert.charged_at).is_(None),
        )
        .values(charged_at=at)
    )


def close(
    session: Session,
    account: str,
    alert: str,
    *,
    at: datetime,
    closed_as: str,
    returns: date | None = None,
) -> bool:
    """Close an open alert everywhere; False where it was closed already."""
    done = session.execute(
        update(tables.Alert)
        .where(
            col(tables.Alert.account) == account,
            col(tables.Alert.id) == alert,
            col(tables.Alert.closed_at).is_(None),
        )
        .values(closed_at=at, closed_as=closed_as, returns=returns)
    )
    return bool(done.rowcount)  # type: ignore[attr-defined]


def reopen(session: Session, account: str, alert: str, *, closed_as: str) -> None:
    """Take a close back, if it was this one."""
    session.execute(
        update(tables.Alert)
        .where(
            col(tables.Alert.account) == account,
            col(tables.Alert.id) == alert,
            col(tables.Alert.closed_as) == closed_as,
        )
        .values(closed_at=None, closed_as=None, returns=None)
    )


def chart_of(session: Session, chart_hash: str) -> Mapping[str, Any] | None:
    """The story behind a chart's view-only token."""
    return session.exec(
        select(tables.Alert.story).where(col(tables.Alert.chart_hash) == chart_hash)
    ).first()


def set_chart(session: Session, account: str, alert: str, chart_hash: str) -> None:
    """Remember the hash of the alert's chart token."""
    session.execute(
        update(tables.Alert)
        .where(col(tables.Alert.account) == account, col(tables.Alert.id) == alert)
        .values(chart_hash=chart_hash)
    )


@lru_cache
def _open(dialect: str) -> Any:
    a = tables.Alert
    return select(a).where(among(dialect, col(a.account)), col(a.closed_at).is_(None))


def _value(row: tables.Alert) -> StoredAlert:
    return StoredAlert(
        id=row.id,
        key=AlertKey(
            account=row.account,
            meter=row.meter,
            moment=Moment(row.moment),
            alert_class=AlertClass(row.alert_class),
            period=row.period,
        ),
        p=row.p,
        person=row.person,
        audience=tuple(row.audience),
        story=row.story,
        raised_at=row.raised_at,
        charged_at=row.charged_at,
        closed_at=row.closed_at,
        closed_as=row.closed_as,
        returns=row.returns,
        policy_version=row.policy_version,
    )
