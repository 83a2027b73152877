"""Who may change things by chat: members of the vendor's own workspace, named one by one."""

import re
from collections.abc import Collection

from engine.errors import Conflict, Invalid, NotFound
from service.context import Context
from store import audit
from store import chat_admins as stored
from store.chat_admins import StoredAdmin

_USER = {
    "slack": re.compile(r"[UW][A-Z0-9]{2,20}"),
    "teams": re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
}
_SHOWN = {
    "slack": "the member id that Slack shows in a profile under “Copy member ID”: U012ABC",
    "teams": "the object id that Entra shows of a user, as 7f1c2d3e-0000-4a5b-8c9d-0123456789ab",
}


def add(context: Context, user: str, *, by: str, chat: str = "slack") -> None:
    """Give a member of a chat the role.

    Raises:
        Invalid: this is no id of that chat.
        Conflict: they have it already.
    """
    if not _USER[chat].fullmatch(user):
        raise Invalid(f"{user!r} is none: use {_SHOWN[chat]}", pointer="user")
    now = context.clock.now()
    with context.database.write() as session:
        if stored.known(session, user):
            raise Conflict(f"{user} is an admin already")
        stored.add(session, StoredAdmin(user=user, added_at=now, added_by=by))
        entry = audit.Entry(at=now, actor=by, action=f"{chat}.admin.add", after={"user": user})
        audit.add(session, entry)


def remove(context: Context, user: str, *, by: str, chat: str = "slack") -> None:
    """Take the role back.

    Raises:
        NotFound: they don't have it.
    """
    now = context.clock.now()
    with context.database.write() as session:
        if not stored.remove(session, user):
            raise NotFound(f"{user!r} is no admin that was added here")
        entry = audit.Entry(at=now, actor=by, action=f"{chat}.admin.remove", before={"user": user})
        audit.add(session, entry)


def every(context: Context, *, chat: str = "slack") -> tuple[StoredAdmin, ...]:
    """All of a chat that were added, the first one first."""
    with context.database.read() as session:
        found = stored.every(session)
    return tuple(one for one in found if _USER[chat].fullmatch(one.user))


def is_admin(context: Context, user: str, *, named: Collection[str] = ()) -> bool:
    """Whether this user has the role: `named` in the settings, or added."""
    if user in named:
        return True
    with context.database.read() as session:
        return stored.known(session, user)
