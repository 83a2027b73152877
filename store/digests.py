"""What became of the digests: who may be waiting for one, and to whom one was written."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy import delete, func, select, tuple_
from sqlmodel import Session

from store.rows import put, table
from store.tables import Account, Digest, Install, Person


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDigest:
    """What became of telling a person of a period. `reason`: why it is held back."""

    account: str
    person: str
    period: date
    at: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Champion:
    """Somebody who may be told. `zone`: where it was stated; `last`: what became of the newest."""

    account: str
    person: str
    zone: str | None
    last: StoredDigest | None


def champions(
    session: Session, chats: Collection[str], after: tuple[str, str], limit: int
) -> Sequence[Champion]:
    """The next champions with an address who did not mute us, by account and id.

    Of accounts that work with none of these chats.
    """
    p, a, d, i = (table(one).c for one in (Person, Account, Digest, Install))
    newest = (
        select(func.max(d.period))
        .where(d.account == p.account, d.person == p.id)
        .correlate(table(Person))
        .scalar_subquery()
    )
    last = table(Digest).alias("last")
    same = (last.c.account == p.account) & (last.c.person == p.id) & (last.c.period == newest)
    chatting = select(i.account).where(i.platform.in_(chats), i.revoked_at.is_(None))
    rows = session.connection().execute(
        select(
            p.account,
            p.id,
            func.coalesce(p.time_zone, a.time_zone).label("zone"),
            last.c.period,
            last.c.at,
            last.c.reason,
        )
        .select_from(table(Person))
        .join(table(Account), a.id == p.account)
        .outerjoin(last, same)
        .where(
            p.role == "champion",
            p.email.is_not(None),
            ~p.muted,
            tuple_(p.account, p.id) > tuple_(*after),
            ~chatting.where(i.account == p.account).exists(),
        )
        .order_by(p.account, p.id)
        .limit(limit)
    )
    return [
        Champion(
            account=row.account,
            person=row.id,
            zone=row.zone,
            last=StoredDigest(
                account=row.account,
                person=row.id,
                period=row.period,
                at=row.at,
                reason=row.reason,
            )
            if row.period is not None
            else None,
        )
        for row in rows
    ]


def get(session: Session, account: str, person: str, period: date) -> StoredDigest | None:
    """What became of telling a person of a period."""
    row = session.get(Digest, (account, person, period))
    return StoredDigest(**{n: getattr(row, n) for n in StoredDigest.__slots__}) if row else None


def of_account(session: Session, account: str, limit: int) -> Sequence[StoredDigest]:
    """What became of an account's, newest period first."""
    d = table(Digest).c
    rows = session.connection().execute(
        select(*d).where(d.account == account).order_by(d.period.desc(), d.person).limit(limit)
    )
    return [StoredDigest(**row._mapping) for row in rows]


def note(session: Session, digest: StoredDigest) -> None:
    """Remember what became of it; what was held back before may be written by now."""
    put(session, Digest, asdict(digest))


def forget_before(session: Session, day: date) -> None:
    """Forget what became of periods that began before a day."""
    session.connection().execute(delete(table(Digest)).where(table(Digest).c.period < day))
