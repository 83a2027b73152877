"""People and blockers as the vendor states them."""

from sqlmodel import Session, col, select

from engine.snapshot import Blocker, BlockerKind, Person, Role
from store import tables
from store.rows import put


def person(session: Session, account: str, id: str) -> Person | None:
    """One person at an account."""
    row = session.get(tables.Person, (account, id))
    if row is None:
        return None
    return Person(
        id=row.id,
        role=Role(row.role),
        name=row.name,
        email=row.email,
        can_buy=row.can_buy,
        locale=row.locale,
        time_zone=row.time_zone,
        joined=row.joined,
        muted=row.muted,
    )


def put_person(session: Session, account: str, stated: Person) -> None:
    """State a person anew."""
    row = {
        "account": account,
        "id": stated.id,
        "email": stated.email,
        "name": stated.name,
        "role": stated.role,
        "can_buy": stated.can_buy,
        "locale": stated.locale,
        "time_zone": stated.time_zone,
        "joined": stated.joined,
        "muted": stated.muted,
    }
    put(session, tables.Person, row)


def blocker(session: Session, account: str, id: str) -> Blocker | None:
    """One blocker of an account; account "*" is everyone."""
    row = session.get(tables.Blocker, (account, id))
    if row is None:
        return None
    return Blocker(
        id=row.id,
        kind=BlockerKind(row.kind),
        opened=row.opened,
        closed=row.closed,
        urgent=row.urgent,
    )


def blockers(session: Session, account: str) -> dict[str, Blocker]:
    """Every blocker of an account by its id."""
    rows = session.exec(select(tables.Blocker).where(col(tables.Blocker.account) == account))
    return {
        row.id: Blocker(
            id=row.id,
            kind=BlockerKind(row.kind),
            opened=row.opened,
            closed=row.closed,
            urgent=row.urgent,
        )
        for row in rows
    }


def put_blocker(session: Session, account: str, stated: Blocker) -> None:
    """State a blocker anew."""
    row = {
        "account": account,
        "id": stated.id,
        "kind": stated.kind,
        "urgent": stated.urgent,
        "opened": stated.opened,
        "closed": stated.closed,
    }
    put(session, tables.Blocker, row)


def remove_blocker(session: Session, account: str, id: str) -> None:
    """Forget a blocker that never was."""
    row = session.get(tables.Blocker, (account, id))
    if row is not None:
        session.delete(row)
        session.flush()
