"""What becomes of an installation of the app: joined, removed, its token expired."""

import logging
from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session

from service.context import Context
from store import audit, installs

log = logging.getLogger(__name__)


def removed(
    context: Context,
    team: str,
    why: str,
    *,
    said_at: datetime | None = None,
    platform: str = installs.SLACK,
) -> bool:
    """The app was removed there: its tokens are forgotten, the audit log keeps that it was there.

    `said_at`: when the platform said so; what is older than the installation is about another.
    """
    now = context.clock.now()
    with context.database.write() as session:
        was = installs.revoke(session, team, now, platform, said_at=said_at)
        if was is None:
            return False
        gone(session, was, why, at=now, actor=platform)
    log.info("the app was removed from workspace %s: %s", team, why)
    return True


def gone(session: Session, was: installs.Workspace, why: str, *, at: datetime, actor: str) -> None:
    """The entry in the audit log of an installation that was revoked."""
    told = {"team": was.team, "name": was.name, "scopes": was.scopes}
    audit.add(
        session,
        audit.Entry(
            at=at,
            actor=actor,
            action=f"{was.platform}.removed",
            account=was.account,
            before=told,
            after={"why": why},
        ),
    )


def installed(session: Session, workspace: installs.Workspace, *, actor: str) -> None:
    """Keep an installation, with its entry in the audit log.

    Raises:
        Conflict: the workspace belongs to another account.
    """
    installs.save(session, workspace)
    told = {"team": workspace.team, "name": workspace.name, "scopes": workspace.scopes}
    audit.add(
        session,
        audit.Entry(
            at=workspace.installed_at,
            actor=actor,
            action=f"{workspace.platform}.installed",
            account=workspace.account,
            after=told,
        ),
    )


def joined(context: Context, teams: Iterable[str], organisation: str) -> None:
    """An organisation that installed the app let it into these of its workspaces."""
    now = context.clock.now()
    with context.database.write() as session:
        for team in teams:
            installs.join(session, team, organisation, now, granted=True)


def expired(context: Context, team: str) -> None:
    """Slack says that the token has expired, whatever it said when it was issued."""
    with context.database.write() as session:
        installs.expire(session, team, context.clock.now())
