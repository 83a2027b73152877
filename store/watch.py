"""What each meter came to in its newest period, and whether that is worth a look at the account."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, TypeAlias

from sqlalchemy import Float, and_, bindparam, case, null, or_, select, update
from sqlmodel import Session

from store.rows import among, as_list, dialect_of, insert_into, table, write_columns
from store.tables import Watch
from store.usage import How

_SLACK = 1.000000001
"""Sums of floats may fall short of what they add up to by less than this."""
_DUST = 1e-13
"""And a float that had something taken from and added to it may be off by less than this."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a meter came to in its newest period, and from where on that is worth a look."""

    period: date
    used: float
    guard: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What a look found of a meter; `before`: where it stood when the look began."""

    account: str
    meter: str
    period: date
    used: float
    guard: float
    before: Standing


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


def standings(session: Session, accounts: Iterable[str]) -> dict[str, dict[str, Standing]]:
    """Where the meters of these accounts stand, by account and meter."""
    w, dialect = table(Watch).c, dialect_of(session)
    rows = session.connection().execute(
        select(w.account, w.meter, w.period, w.used, w.guard).where(among(dialect, w.account)),
        as_list([[account] for account in accounts]),
    )
    found: dict[str, dict[str, Standing]] = {}
    for account, meter, period, used, guard in rows:
        standing = Standing(period=period, used=used, guard=guard)
        found.setdefault(account, {})[meter] = standing
    return found


def told(session: Session, accounts: Iterable[str]) -> set[tuple[str, str]]:
    """The meters of these accounts that were ever told by running totals."""
    w, dialect = table(Watch).c, dialect_of(session)
    rows = session.connection().execute(
        select(w.account, w.meter).where(among(dialect, w.account), w.told_at.is_not(None)),
        as_list([[account] for account in sorted(accounts)]),
    )
    return {(account, meter) for account, meter in rows}


def guarded(session: Session, looks: Iterable[Looked]) -> set[str]:
    """Note from which usage on meters are worth another look; the accounts that by now are.

    What a meter came to is set right by what the look found, and what came in since stays added:
    that alone, or a newer period, can be worth another look.
    """
    rows, found = [], dict[tuple[str, str], float]()
    for look in looks:
        before, found[look.account, look.meter] = look.before, look.used
        same = before.period == look.period
        if same and before.used == look.used and before.guard == look.guard:
            continue
        rows.append(
            {
                "of": look.account,
                "which": look.meter,
                "was": before.period,
                "then": look.period,
                "less": look.used - (before.used if same else 0.0),
                "kept": int(same),
                "bar": look.guard,
            }
        )
    if rows:
        session.connection().execute(_guarded(), rows)
    w, dialect = table(Watch).c, dialect_of(session)
    past = select(w.account, w.meter, w.used, w.guard).where(
        among(dialect, w.account), or_(w.guard.is_(None), w.used * _SLACK >= w.guard)
    )
    asked = as_list([[account] for account in sorted({account for account, _ in found})])
    return {
        account
        for account, meter, used, guard in session.connection().execute(past, asked)
        if (known := found.get((account, meter))) is not None
        and (guard is None or used > known + abs(known) * _DUST)
    }


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


@lru_cache
def _guarded() -> Any:
    w = table(Watch)
    return (
        update(w)
        .where(
            w.c.account == bindparam("of"),
            w.c.meter == bindparam("which"),
            w.c.period == bindparam("was"),
        )
        .values(
            used=w.c.used * bindparam("kept", type_=Float) + bindparam("less", type_=Float),
            period=bindparam("then"),
            guard=bindparam("bar"),
        )
    )
