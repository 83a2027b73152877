"""Slack workspaces that installed the app: of accounts, and the vendor's own."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from engine.errors import Conflict
from store.tables import Install

SLACK = "slack"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """A workspace: of one account, or (without one) the vendor's own. `token` is encrypted."""

    platform: str
    team: str
    account: str | None
    name: str
    bot_user: str
    token: str
    scopes: str
    installed_at: datetime
    revoked_at: datetime | None


def save(session: Session, workspace: Workspace) -> None:
    """Keep an installation; a workspace installed again gets the new token.

    Raises:
        Conflict: when the workspace still belongs to another account.
    """
    row = session.get(Install, (workspace.platform, workspace.team))
    if row and row.revoked_at is None and row.account != workspace.account:
        raise Conflict("this workspace is linked to another account: remove the app there first")
    if row is None:
        row = Install(platform=workspace.platform, team=workspace.team, token=workspace.token)
    row.account, row.name, row.bot_user = workspace.account, workspace.name, workspace.bot_user
    row.token, row.scopes = workspace.token, workspace.scopes
    row.installed_at, row.revoked_at = workspace.installed_at, workspace.revoked_at
    session.add(row)


def by_team(session: Session, team: str, platform: str = SLACK) -> Workspace | None:
    """The live installation of one workspace."""
    row = session.get(Install, (platform, team))
    return _value(row) if row and row.revoked_at is None else None


def of_account(
    session: Session, account: str | None, platform: str = SLACK
) -> tuple[Workspace, ...]:
    """An account's live workspaces, newest first; of None: the vendor's own."""
    rows = session.exec(
        select(Install)
        .where(
            col(Install.platform) == platform,
            col(Install.account).is_(None) if account is None else col(Install.account) == account,
            col(Install.revoked_at).is_(None),
        )
        .order_by(col(Install.installed_at).desc(), col(Install.team))
    )
    return tuple(_value(row) for row in rows)


def revoke(session: Session, team: str, at: datetime, platform: str = SLACK) -> bool:
    """The app was removed there: forget the token, keep that it was there."""
    row = session.get(Install, (platform, team))
    if row is None or row.revoked_at is not None:
        return False
    row.revoked_at, row.token = at, ""
    session.add(row)
    return True


def _value(row: Install) -> Workspace:
    return Workspace(
        platform=row.platform,
        team=row.team,
        account=row.account,
        name=row.name,
        bot_user=row.bot_user,
        token=row.token,
        scopes=row.scopes,
        installed_at=row.installed_at,
        revoked_at=row.revoked_at,
    )
