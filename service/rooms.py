"""Where an app may write: conversations it was let into, whom each is with, and its way out."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlmodel import Session

from engine.errors import Conflict, Gone, Invalid, NotFound
from service import accounts, routing, sealed, workspaces
from service.context import Context
from service.secrets import new_id
from service.zones import exists
from store import callbacks, due, installs, people, rooms
from store.installs import Workspace
from store.rooms import NOT_MET, PERSONAL, StoredRoom

_CODE, _LIVES = "teams link", timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody in a workspace, as its platform vouches for them."""

    id: str
    email: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """What became of a conversation that something came from. `fresh`: the app has just come."""

    workspace: Workspace | None
    fresh: bool
    person: str | None = field(default=None)


def entered(context: Context, room: StoredRoom, *, zone: str = "") -> Entered:
    """Keep where a conversation is, with the account of its workspace.

    `zone`: the time zone that the platform says of who wrote there; one that is none is ignored.
    """
    with context.database.write() as session:
        workspace = installs.by_team(session, room.team, room.platform)
        account = workspace.account if workspace else None
        person = None
        if account and room.member:
            address = f"{room.team}/{room.member}"
            person = people.by_address(session, account, room.platform, address)
        if account and person and exists(zone):
            who = account, person, room.platform
            people.learn(session, *who, time_zone=zone, at=room.seen_at)
        fresh = rooms.keep(session, replace(room, account=account, person=person))
        return Entered(workspace=workspace, fresh=fresh, person=person)


def known(context: Context, platform: str, team: str, members: Sequence[Member]) -> dict[str, str]:
    """Who of these members is somebody of the account, by their id; remembered as reachable."""
    found: dict[str, str] = {}
    with context.database.write() as session:
        workspace = installs.by_team(session, team, platform)
        if workspace is None or workspace.account is None:
            return found
        for member in members:
            if rooms.said_no(session, platform, team, member.id):
                continue  # They are in a team with the app, which takes back no "no" of theirs.
            person = _person(session, workspace.account, platform, team, member)
            if person is not None:
                found[member.id] = person
                routing.come_back(session, workspace.account, person, platform)
                _of_person(session, platform, team, member.id, person)
    if found and workspace.account:
        context.signals.changed(workspace.account)
    return found


def left(context: Context, platform: str, team: str, id: str, why: str) -> bool:
    """The app was taken out of a conversation, or is blocked there: who it was with said no.

    Nothing is pushed to them there any more, until the app is let in again.
    """
    now = context.clock.now()
    with context.database.write() as session:
        was = rooms.leave(session, platform, team, id, now, why=why)
        if was is None:
            return False
        if was.kind == PERSONAL and was.account and was.member:
            address = f"{team}/{was.member}"
            person = people.by_address(session, was.account, platform, address)
            if person is not None:
                people.forget_address(session, was.account, person, platform)
                routing.leave(session, was.account, person, platform, why, now)
    if was.account:
        context.signals.changed(was.account)
    return True


def not_met(context: Context, platform: str, team: str, id: str) -> None:
    """Who is in a conversation could not be asked: it is entered anew then, and nobody said no."""
    now = context.clock.now()
    with context.database.write() as session:
        rooms.leave(session, platform, team, id, now, why=NOT_MET)


def unreachable(context: Context, platform: str, team: str, member: str) -> None:
    """Nobody can write to a member, though they are in a room the app is in: they blocked it."""
    with context.database.write() as session:
        workspace = installs.by_team(session, team, platform)
        if workspace is None or workspace.account is None:
            return
        person = people.by_address(session, workspace.account, platform, f"{team}/{member}")
        if person is not None:
            people.forget_address(session, workspace.account, person, platform)
    context.signals.changed(workspace.account)


def code(context: Context, account: str | None) -> str:
    """What somebody types to bind their workspace to an account; None: the vendor's own.

    It works once and for seven days.

    Raises:
        NotFound: there is no such account.
    """
    if account is not None:
        with context.database.read() as session:
            accounts.known(session, account)
    return sealed.seal(context, _CODE, account or "", new_id("link"), lives=_LIVES)


def bind(
    context: Context, platform: str, team: str, typed: str, *, by: str, bot: str, name: str = ""
) -> Workspace:
    """Bind a workspace by a code: to its account, or as the vendor's own.

    Raises:
        Gone: the code is over or was used.
        Invalid: it is none.
        Conflict: the workspace belongs to another account.
    """
    try:
        (account, nonce), until = sealed.opened(context, _CODE, typed.strip())
    except NotFound:
        raise Invalid("this is no code of ours", pointer="code") from None
    now = context.clock.now()
    with context.database.write() as session:
        # Remembered for longer than it could be used again: what is old is forgotten.
        if not callbacks.claim(session, source=_CODE, id=nonce, at=until):
            raise Gone("this code was used already")
        made = _workspace(platform, team, account or None, name=name, bot=bot, at=now)
        before = installs.by_team(session, team, platform)
        if before is not None and before.account != made.account:
            raise Conflict("this workspace is linked already")
        workspaces.installed(session, made, actor=by)
        rooms.bind(session, platform, team, made.account)
        return made


def unbind(context: Context, platform: str, team: str, *, by: str) -> Workspace:
    """A workspace is no account's any more: nobody is reached there until a code binds it anew.

    Raises:
        NotFound: it is bound to none.
    """
    now = context.clock.now()
    with context.database.write() as session:
        was = installs.revoke(session, team, now, platform)
        if was is None:
            raise NotFound(f"{team!r} is linked to no account")
        workspaces.gone(session, was, "unlinked", at=now, actor=by)
        rooms.bind(session, platform, team, None)
        if was.account is not None:
            people.forget_team(session, was.account, platform, team)
            due.mark(session, was.account, now)
    context.signals.changed(was.account)
    return was


def _workspace(
    platform: str, team: str, account: str | None, *, name: str, bot: str, at: datetime
) -> Workspace:
    return Workspace(
        platform=platform,
        team=team,
        account=account,
        name=name,
        bot_user=bot,
        token="",
        scopes="",
        installed_at=at,
        revoked_at=None,
    )


def _person(session: Session, account: str, platform: str, team: str, member: Member) -> str | None:
    """Who a member is: as remembered, else by the address that the platform vouches for."""
    address = f"{team}/{member.id}"
    person = people.by_address(session, account, platform, address)
    if person is None and member.email:
        person = people.by_email(session, account, member.email)
        if person is not None:
            people.set_address(session, account, person, platform, address)
    return person


def _of_person(session: Session, platform: str, team: str, member: str, person: str) -> None:
    room = rooms.of_member(session, platform, team, member)
    if room is not None and room.person != person:
        rooms.keep(session, replace(room, person=person))
