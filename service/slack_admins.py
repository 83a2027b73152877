"""Who may change things by chat: Slack users of the vendor's own workspace, named one by one."""

import re
from collections.abc import Collection

from engine.errors import Conflict, Invalid, NotFound
from service.context import Context
from store import audit
from store import slack_admins as stored
from store.slack_admins import StoredAdmin

_USER = re.compile(r"[UW][A-Z0-9]{2,20}")


def add(context: Context, user: str, *, by: str) -> None:
    """Give a Slack user the role.

    Raises:
        Invalid: this is no Slack user id.
        Conflict: they have it already.
    """
    if not _USER.fullmatch(user):
        detail = "use the member id that Slack shows in a profile under “Copy member ID”: U012ABC"
        raise Invalid(f"{user!r} is none: {detail}", pointer="user")
    now = context.clock.now()
    with context.database.write() as session:
        if stored.known(session, user):
            raise Conflict(f"{user} is an admin already")
        stored.add(session, StoredAdmin(user=user, added_at=now, added_by=by))
        entry = audit.Entry(at=now, actor=by, action="slack.admin.add", after={"user": user})
        audit.add(session, entry)


def remove(context: Context, user: str, *, by: str) -> None:
    """Take the role back.

    Raises:
        NotFound: they don't have it.
    """
    now = context.clock.now()
    with context.database.write() as session:
        if not stored.remove(session, user):
            raise NotFound(f"{user!r} is no admin that was added here")
        entry = audit.Entry(at=now, actor=by, action="slack.admin.remove", before={"user": user})
        audit.add(session, entry)


def every(context: Context) -> tuple[StoredAdmin, ...]:
    """All that were added, the first one first."""
    with context.database.read() as session:
        return stored.every(session)


def is_admin(context: Context, user: str, *, named: Collection[str] = ()) -> bool:
    """Whether this user has the role: `named` in the settings, or added."""
    if user in named:
        return True
    with context.database.read() as session:
        return stored.known(session, user)
