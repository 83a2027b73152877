"""What each meter came to in its newest period, and whether that is worth a look at the account."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, TypeAlias

from sqlalchemy import and_, case, null, or_, update
from sqlmodel import Session

from store.rows import dialect_of, insert_into, table, write_columns
from store.tables import Watch
from store.usage import How

_SLACK = 1.000000001
"""Sums of floats may fall short of what they add up to by less than this."""


Gain: TypeAlias = tuple[str, str, date, float, datetime | None]
"""Account, meter, the start of a period, what came to the meter in it, and the time of its newest
running total, if one was told. A plain tuple, since there are many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A meter that is worth a look, or is told by running totals."""

    account: str
    meter: str
    due: bool
    told: bool


def add(session: Session, how: How, gains: Sequence[Gain]) -> list[Watched]:
    """Let the meters take what is new; those that are worth a look, or told by running totals.

    Of one meter only the newest period may be among the gains.
    """
    names = ("account", "meter", "period", "used", "told_at")
    columns: dict[str, list[Any]] = {
        name: [gain[n] for gain in gains] for n, name in enumerate(names)
    }
    columns["guard"] = [None] * len(gains)
    rows = write_columns(session, _add(dialect_of(session), how), columns)
    return [
        Watched(account=account, meter=meter, due=due, told=told is not None)
        for account, meter, used, guard, told in rows
        if (due := guard is None or used * _SLACK >= guard) or told is not None
    ]


def guarded(
    session: Session, account: str, guards: Mapping[str, tuple[float, float | None]]
) -> None:
    """After a look: what each meter came to, exactly, and from where on another is worth it."""
    w = table(Watch)
    for meter, (used, guard) in guards.items():
        session.connection().execute(
            update(w)
            .where(w.c.account == account, w.c.meter == meter)
            .values(used=used, guard=guard)
        )


def unguard(session: Session, account: str | None) -> None:
    """What guards rest on changed, of an account or (None) of all: any usage is worth a look."""
    w = table(Watch)
    statement = update(w).where(w.c.guard.is_not(None)).values(guard=null())
    session.connection().execute(
        statement if account is None else statement.where(w.c.account == account)
    )


@lru_cache
def _add(dialect: str, how: How) -> Any:
    statement = insert_into(dialect, Watch)
    new, old = statement.excluded, table(Watch).c
    joined = {
        How.ADD: old.used + new.used,
        How.HIGHER: case((new.used > old.used, new.used), else_=old.used),
        How.LATER: new.used,
    }[how]
    newer, same = new.period > old.period, new.period == old.period
    later = or_(old.told_at.is_(None), new.told_at > old.told_at)
    statement = statement.on_conflict_do_update(
        index_elements=["account", "meter"],
        set_={
            "used": case((newer, new.used), (same, joined), else_=old.used),
            "guard": case((newer, null()), else_=old.guard),
            "period": case((newer, new.period), else_=old.period),
            "told_at": case(
                (and_(new.told_at.is_not(None), later), new.told_at), else_=old.told_at
            ),
        },
    )
    # As they are: SQLite before 3.41 answers `IS NULL` wrongly in RETURNING.
    return statement.returning(old.account, old.meter, old.used, old.guard, old.told_at)
