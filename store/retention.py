"""What is stored no longer than it is needed: fingerprints past their window, hours of old days."""

from datetime import date, datetime
from secrets import token_hex
from typing import Any

from sqlalchemy import delete, func, insert, select, text
from sqlmodel import Session

from store import seen
from store.fingerprint import account_part
from store.rows import table
from store.tables import Account, DayBucket, HourBucket, SeenCount, SeenPart


def oldest_part(session: Session) -> datetime | None:
    """When the newest fingerprint of the oldest full part was kept."""
    return session.connection().execute(_parts().limit(1)).scalar()


def parts_before(session: Session, before: datetime) -> list[int]:
    """Full parts whose newest fingerprint was kept before an instant."""
    newest = func.max(table(SeenCount).c.newest_at)
    found = session.connection().execute(_parts().having(newest < before))
    return [n for _, n in found]


def _parts() -> Any:
    """Full parts, oldest first, each with when its newest fingerprint was kept."""
    p, c = table(SeenPart).c, table(SeenCount).c
    newest = func.max(c.newest_at)
    return (
        select(newest, p.n)
        .join_from(table(SeenPart), table(SeenCount), c.part == p.n)
        .where(p.sealed_at.is_not(None))
        .group_by(p.n)
        .order_by(newest, p.n)
    )


def drop_part(session: Session, n: int) -> None:
    """Forget a part: its table goes as a whole."""
    seen.alone(session)
    connection = session.connection()
    connection.execute(text(f"DROP TABLE IF EXISTS seen_{n:d}"))
    connection.execute(delete(table(SeenCount)).where(table(SeenCount).c.part == n))
    connection.execute(delete(table(SeenPart)).where(table(SeenPart).c.n == n))


def forget_events(session: Session, account: str, now: datetime) -> None:
    """Forget which events of an account were seen; sent again, they count."""
    seen.together(session)
    connection, low = session.connection(), account_part(account)
    high = (int.from_bytes(low, "big") + 1).to_bytes(len(low) + 1, "big")[1:]
    for n in connection.execute(select(table(SeenPart).c.n)).scalars().all():
        where = "key >= :low" + (" AND key < :high" if high > low else "")
        done = connection.execute(
            text(f"DELETE FROM seen_{n:d} WHERE {where}"),  # noqa: S608  (a number of ours)
            {"low": low, "high": high} if high > low else {"low": low},
        )
        if done.rowcount:
            row = {"part": n, "writer": f"erased-{token_hex(8)}", "newest_at": now}
            connection.execute(insert(table(SeenCount)), {**row, "keys": -done.rowcount})


def accounts_after(session: Session, account: str, limit: int) -> list[str]:
    """The next accounts in the order of their ids."""
    a = table(Account).c
    statement = select(a.id).where(a.id > account).order_by(a.id).limit(limit)
    return list(session.connection().execute(statement).scalars())


def fold_hours(session: Session, accounts: tuple[str, str], before: date) -> int:
    """Forget the hours of days before a date, of a range of accounts; their days stay."""
    h, d = table(HourBucket), table(DayBucket).c
    last = (
        select(func.max(d.last_at))
        .where(d.account == h.c.account, d.meter == h.c.meter, d.day < before)
        .correlate(h)
        .scalar_subquery()
    )
    low, high = accounts
    done = session.connection().execute(
        delete(h).where(h.c.account >= low, h.c.account <= high, h.c.last_at <= last)
    )
    return done.rowcount
