"""Reads what happened at many accounts: who worked there, what got in the way, what was said."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from operator import attrgetter
from typing import Any

from sqlalchemy import bindparam, or_, select
from sqlmodel import Session

from engine.alert import AlertClass, AlertKey, FeedbackKind, Moment, PastAlert
from engine.snapshot import Answer, Blocker, BlockerKind, Friction, Role, UserDays
from store import tables
from store.rows import among, as_list, by_account, dialect_of, gathered, table
from store.types import Instant

EVERYONE = "*"
_WORKED, _TROUBLED, _CLOSED = timedelta(days=400), timedelta(days=60), timedelta(days=120)
"""How far back a decision looks for days of users, for friction, and for what was a wrong time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What happened at an account, oldest first."""

    user_days: tuple[UserDays, ...] = ()
    frictions: tuple[Friction, ...] = ()
    blockers: tuple[Blocker, ...] = ()
    alerts: tuple[PastAlert, ...] = ()
    answers: tuple[Answer, ...] = ()
    asked: Mapping[str, datetime] = field(default_factory=dict)
    """When each person was last asked."""


def load(session: Session, todays: Mapping[str, date], now: datetime) -> dict[str, Past]:
    """What happened at these accounts until now, each of which has its own `today`."""
    dialect, asked = dialect_of(session), as_list([[account] for account in todays])
    users = _user_days(session, todays)
    frictions = by_account(session.execute(_frictions(dialect), asked | {"since": now - _TROUBLED}))
    blockers = _blockers(session, todays, now)
    alerts = by_account(session.execute(_alerts(dialect), asked))
    answers = by_account(session.execute(_answers(dialect), asked))
    found = {}
    for account in todays:
        past, keys = _raised(alerts.get(account, ()), now)
        found[account] = Past(
            user_days=users.get(account, ()),
            frictions=tuple(map(_friction, frictions.get(account, ()))),
            blockers=blockers.get(account, blockers.get(EVERYONE, ())),
            alerts=past,
            answers=tuple(_answer(row, keys, now) for row in answers.get(account, ())),
            asked=_asked(past),
        )
    return found


def everyones(session: Session, now: datetime) -> tuple[Blocker, ...]:
    """Wrong times to speak to anybody."""
    return _blockers(session, (), now).get(EVERYONE, ())


def _user_days(session: Session, todays: Mapping[str, date]) -> dict[str, tuple[UserDays, ...]]:
    accounts: dict[date, list[str]] = {}
    for account, today in todays.items():
        accounts.setdefault(today, []).append(account)
    found: dict[str, tuple[UserDays, ...]] = {}
    for today, some in accounts.items():
        asked = {**as_list([[account] for account in some]), "since": today - _WORKED}
        rows = session.execute(_users(dialect_of(session)), asked)
        for account, users in by_account(rows).items():
            users.sort(key=attrgetter("user"))
            found[account] = tuple(
                UserDays(
                    user=row.user, days=tuple(map(date.fromisoformat, sorted(row.days.split(","))))
                )
                for row in users
            )
    return found


def _friction(row: Any) -> Friction:
    return Friction(at=row.at, user=row.user, meter=row.meter)


def _blockers(
    session: Session, accounts: Iterable[str], now: datetime
) -> dict[str, tuple[Blocker, ...]]:
    """Of each account that has some of its own, those and everyone's; and of everyone."""
    asked = as_list([[account] for account in (*accounts, EVERYONE)])
    rows = session.execute(_wrong_times(dialect_of(session)), asked | {"since": now - _CLOSED})
    own = by_account(rows)
    all_of = own.pop(EVERYONE, [])
    order = attrgetter("opened", "id")
    return {
        account: tuple(map(_blocker, sorted([*some, *all_of], key=order)))
        for account, some in {**own, EVERYONE: []}.items()
    }


def _blocker(row: Any) -> Blocker:
    kind = BlockerKind(row.kind)
    return Blocker(id=row.id, kind=kind, opened=row.opened, closed=row.closed, urgent=row.urgent)


def _raised(rows: Iterable[Any], now: datetime) -> tuple[tuple[PastAlert, ...], dict[str, str]]:
    """Past alerts, and the key of each id: all of it before now, though a clock was put back."""
    ordered = sorted(rows, key=attrgetter("raised_at", "id"))
    past = tuple(
        PastAlert(
            key=AlertKey(
                account=r.account,
                meter=r.meter,
                moment=Moment(r.moment),
                alert_class=AlertClass(r.alert_class),
                period=r.period,
            ),
            raised_at=min(r.raised_at, now),
            charged_at=r.charged_at and min(r.charged_at, now),
            closed_at=r.closed_at and min(r.closed_at, now),
            person=r.person,
            ghost=r.closed_as == "held_out",
        )
        for r in ordered
    )
    return past, {row.id: str(one.key) for row, one in zip(ordered, past, strict=True)}


def _answer(row: Any, keys: Mapping[str, str], now: datetime) -> Answer:
    return Answer(
        alert=keys.get(row.alert, ""),
        kind=FeedbackKind(row.kind),
        at=min(row.at, now),
        person=row.person,
        role=Role(row.role),
        until=row.until,
        whole_account=row.whole_account,
    )


def _asked(past: Iterable[PastAlert]) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    for one in past:
        if one.key.alert_class is AlertClass.ASK and one.person and one.charged_at:
            found[one.person] = max(one.charged_at, found.get(one.person, one.charged_at))
    return found


@lru_cache
def _users(dialect: str) -> Any:
    """A row for each user with all their days in it: a row a day would cost far more."""
    u = table(tables.UserDay).c
    return (
        select(u.account, u.user, gathered(dialect, u.day).label("days"))
        .where(among(dialect, u.account), u.day >= bindparam("since"))
        .group_by(u.account, u.user)
    )


@lru_cache
def _frictions(dialect: str) -> Any:
    f = table(tables.Friction).c
    return (
        select(f.account, f.at, f.user, f.meter)
        .where(among(dialect, f.account), f.at >= bindparam("since"))
        .order_by(f.at, f.account, f.id)
    )


@lru_cache
def _wrong_times(dialect: str) -> Any:
    b = table(tables.Blocker).c
    recent = or_(b.closed.is_(None), b.closed >= bindparam("since", type_=Instant()))
    return select(*b).where(among(dialect, b.account), recent)


@lru_cache
def _alerts(dialect: str) -> Any:
    a = table(tables.Alert).c
    said = (a.account, a.id, a.meter, a.moment, a.alert_class, a.period, a.person, a.closed_as)
    return select(*said, a.raised_at, a.charged_at, a.closed_at).where(among(dialect, a.account))


@lru_cache
def _answers(dialect: str) -> Any:
    f = table(tables.Feedback).c
    return (
        select(f.account, f.alert, f.kind, f.at, f.person, f.role, f.until, f.whole_account)
        .where(among(dialect, f.account), f.undone_at.is_(None))
        .order_by(f.at, f.id)
    )
