"""Lanes of sending: at most one message at a time goes down each, and none before it is free."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlmodel import Session, col, select

from store.rows import add_once
from store.tables import Lane


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A lane nothing goes down before `until`; `why` in the platform's words, if it said so."""

    name: str
    until: datetime
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One message each `gap`, and so many at once after a rest."""

    gap: timedelta
    burst: int


def take(session: Session, rates: Mapping[str, Rate], now: datetime) -> Held | None:
    """Take the next place in each of these lanes; None: it is yours, else what opens last.

    All or none is taken, also where several nodes ask at once.
    """
    for name in sorted(rates):
        add_once(session, Lane, {"name": name, "free_at": now, "why": ""})
    rows = session.exec(
        select(Lane).where(col(Lane.name).in_(rates)).order_by(col(Lane.name)).with_for_update()
    ).all()
    last = max(rows, key=lambda row: _opens(row, rates[row.name]))
    if (opens := _opens(last, rates[last.name])) > now:
        return Held(name=last.name, until=opens, why=last.why)
    for row in rows:
        row.free_at, row.why = max(row.free_at, now) + rates[row.name].gap, ""
        session.add(row)
    return None


def hold(session: Session, name: str, until: datetime, *, why: str) -> None:
    """The platform wants nothing more there before `until`."""
    add_once(session, Lane, {"name": name, "free_at": until, "why": why})
    row = session.exec(select(Lane).where(col(Lane.name) == name).with_for_update()).one()
    if row.free_at <= until:
        row.free_at, row.why = until, why
        session.add(row)


def held(session: Session, now: datetime, *, prefix: str = "") -> tuple[Held, ...]:
    """The lanes that the platform has closed, those that open last first."""
    rows = session.exec(
        select(Lane)
        .where(
            col(Lane.free_at) > now,
            col(Lane.why) != "",
            col(Lane.name).startswith(prefix, autoescape=True),
        )
        .order_by(col(Lane.free_at).desc(), col(Lane.name))
    ).all()
    return tuple(Held(name=row.name, until=row.free_at, why=row.why) for row in rows)


def _opens(lane: Lane, rate: Rate) -> datetime:
    """When the next may go: what the platform closed opens then and not before."""
    return lane.free_at if lane.why else lane.free_at - rate.gap * (rate.burst - 1)


def forget_before(session: Session, at: datetime) -> None:
    """Drop lanes that nobody went down since."""
    session.execute(delete(Lane).where(col(Lane.free_at) < at))
