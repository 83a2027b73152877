"""Conversations an app is in: where to write to somebody, or to a team."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from store.rows import add_once
from store.tables import Install, Room

PERSONAL, NOT_MET = "personal", "not_met"
"""`NOT_MET`: who is there is not known yet, which is why the app is not in it; nobody said no."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRoom:
    """A conversation. `member`: the platform's id of who it is with, where that is one person."""

    platform: str
    team: str
    id: str
    kind: str
    service_url: str
    since: datetime
    seen_at: datetime
    account: str | None = None
    person: str | None = None
    member: str = ""
    name: str = ""
    bot: str = ""
    gone_at: datetime | None = None
    why: str = ""


_KEPT = (
    "account", "person", "member", "kind", "name", "service_url", "bot", "since", "seen_at",
    "gone_at", "why",
)  # fmt: skip
_RENEWED = ("account", "person", "member", "kind", "name", "service_url", "bot")


def keep(session: Session, room: StoredRoom) -> bool:
    """Keep a conversation as it stands; whether it is new, or the app is back in it.

    What is not known this time (a name, an account) stays as it was.
    """
    if add_once(session, Room, asdict(room)):
        return True
    key = room.platform, room.team, room.id
    row = session.get_one(Room, key, with_for_update=True, populate_existing=True)
    back = row.gone_at is not None
    for name in _RENEWED:
        setattr(row, name, getattr(room, name) or getattr(row, name))
    row.seen_at, row.gone_at, row.why = room.seen_at, None, ""
    session.add(row)
    return back


def get(session: Session, platform: str, team: str, id: str) -> StoredRoom | None:
    """One conversation, also where the app is out of it."""
    row = session.get(Room, (platform, team, id))
    return _value(row) if row else None


def of_member(session: Session, platform: str, team: str, member: str) -> StoredRoom | None:
    """The conversation with one member, where the app is in one; the one used last."""
    row = session.exec(
        select(Room)
        .where(
            col(Room.platform) == platform,
            col(Room.team) == team,
            col(Room.member) == member,
            col(Room.kind) == PERSONAL,
            col(Room.gone_at).is_(None),
        )
        .order_by(col(Room.seen_at).desc())
    ).first()
    return _value(row) if row else None


def said_no(session: Session, platform: str, team: str, member: str) -> bool:
    """Whether a member took the app out of the chat of two, or blocked it, and it isn't back."""
    alone = session.exec(
        select(Room.gone_at).where(
            col(Room.platform) == platform,
            col(Room.team) == team,
            col(Room.member) == member,
            col(Room.kind) == PERSONAL,
            col(Room.why) != NOT_MET,
        )
    ).all()
    return bool(alone) and None not in alone


def of_team(session: Session, platform: str, team: str) -> tuple[StoredRoom, ...]:
    """Every conversation of a workspace, the one used last first."""
    rows = session.exec(
        select(Room)
        .where(col(Room.platform) == platform, col(Room.team) == team)
        .order_by(col(Room.seen_at).desc(), col(Room.id))
    ).all()
    return tuple(map(_value, rows))


def everyone(session: Session, platform: str) -> tuple[StoredRoom, ...]:
    """Every conversation on a platform."""
    rows = session.exec(
        select(Room).where(col(Room.platform) == platform).order_by(col(Room.team), col(Room.id))
    ).all()
    return tuple(map(_value, rows))


def leave(
    session: Session, platform: str, team: str, id: str, at: datetime, *, why: str
) -> StoredRoom | None:
    """The app is out of a conversation, or blocked in it; None where that was known."""
    row = session.get(Room, (platform, team, id), with_for_update=True)
    if row is None or row.gone_at is not None:
        return None
    row.gone_at, row.why = at, why
    session.add(row)
    return _value(row)


def bind(session: Session, platform: str, team: str, account: str | None) -> None:
    """Every conversation of a workspace is an account's from now on; with whom is found anew."""
    session.execute(
        update(Room)
        .where(col(Room.platform) == platform, col(Room.team) == team)
        .values(account=account, person=None)
    )


def forget_unbound(session: Session, before: datetime) -> None:
    """Drop conversations of workspaces that nobody bound, unless somebody wrote there since."""
    bound = select(Install.team).where(
        col(Install.platform) == col(Room.platform), col(Install.revoked_at).is_(None)
    )
    session.execute(
        delete(Room).where(
            col(Room.account).is_(None),
            col(Room.seen_at) < before,
            col(Room.team).not_in(bound),
        )
    )


def _value(row: Room) -> StoredRoom:
    named = {name: getattr(row, name) for name in _KEPT}
    return StoredRoom(platform=row.platform, team=row.team, id=row.id, **named)
