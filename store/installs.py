"""Slack workspaces that installed the app: of accounts, and the vendor's own."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlmodel import Session, col, or_, select

from engine.errors import Conflict
from store.tables import Install

SLACK = "slack"
REFRESHING = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """A workspace: of one account, or (without one) the vendor's own. Tokens are encrypted.

    `team` may be a whole organisation; then its workspaces have no token of their own but are
    there `via` it. `expires_at`: the token is renewed with `refresh_token`, which works once.
    """

    platform: str
    team: str
    account: str | None
    name: str
    bot_user: str
    token: str
    scopes: str
    installed_at: datetime
    revoked_at: datetime | None
    via: str | None = None
    refresh_token: str | None = None
    expires_at: datetime | None = None
    trouble: str | None = None


_KEPT = (
    "account", "name", "bot_user", "token", "scopes", "installed_at", "revoked_at", "via",
    "refresh_token", "expires_at", "trouble",
)  # fmt: skip


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
    for name in _KEPT:
        setattr(row, name, getattr(workspace, name))
    row.refreshing_until = None
    session.add(row)


def by_team(session: Session, team: str, platform: str = SLACK) -> Workspace | None:
    """The live installation that serves one workspace: its own, or its organisation's."""
    row = session.get(Install, (platform, team))
    if row is not None and row.via is not None and row.revoked_at is None:
        row = session.get(Install, (platform, row.via))
    return _value(row) if row and row.revoked_at is None else None


def join(
    session: Session, team: str, organisation: str, at: datetime, *, granted: bool = False
) -> bool:
    """A workspace is served by its organisation's installation; False where it is known already.

    One that installed the app by itself stays with that. `granted`: the organisation says so; else
    one that it let the app out of stays out, until the app is installed anew.
    """
    row = session.get(Install, (SLACK, team))
    if row is not None and row.revoked_at is None:
        return False
    whole = by_team(session, organisation)
    if whole is None or team == organisation:
        return False
    if row is not None and row.via == organisation and not granted:
        assert row.revoked_at is not None
        if row.revoked_at >= whole.installed_at:
            return False
    row = row or Install(platform=SLACK, team=team, token="")
    row.account, row.token, row.via = whole.account, "", organisation
    row.installed_at, row.revoked_at = at, None
    session.add(row)
    return True


def of_account(
    session: Session, account: str | None, platform: str = SLACK
) -> tuple[Workspace, ...]:
    """An account's live workspaces with a token, newest first; of None: the vendor's own."""
    rows = session.exec(
        select(Install)
        .where(
            col(Install.platform) == platform,
            col(Install.account).is_(None) if account is None else col(Install.account) == account,
            col(Install.revoked_at).is_(None),
            col(Install.via).is_(None),
        )
        .order_by(col(Install.installed_at).desc(), col(Install.team))
    )
    return tuple(_value(row) for row in rows)


def everyone(session: Session, platform: str = SLACK) -> tuple[Workspace, ...]:
    """All installations with a token of their own, also those that are over."""
    rows = session.exec(
        select(Install)
        .where(col(Install.platform) == platform, col(Install.via).is_(None))
        .order_by(col(Install.team))
    )
    return tuple(_value(row) for row in rows)


def revoke(
    session: Session,
    team: str,
    at: datetime,
    platform: str = SLACK,
    *,
    said_at: datetime | None = None,
) -> Workspace | None:
    """The app was removed there: forget the tokens, keep that it was there; what it was.

    `said_at`: when the platform said so; what is older than the installation is about another.
    """
    row = session.get(Install, (platform, team), with_for_update=True)
    if row is None or row.revoked_at is not None:
        return None
    if said_at is not None and said_at < row.installed_at:
        return None
    was = _value(row)
    members = session.exec(
        select(Install).where(col(Install.platform) == platform, col(Install.via) == team)
    ).all()
    for gone in (row, *members):
        gone.revoked_at, gone.token, gone.refresh_token = at, "", None
        gone.expires_at = gone.refreshing_until = None
        session.add(gone)
    return was


def begin_refresh(session: Session, team: str, expires_at: datetime, now: datetime) -> bool:
    """Lock the row for whoever renews the token that expires then; False: somebody else does."""
    done = session.execute(
        update(Install)
        .where(
            col(Install.platform) == SLACK,
            col(Install.team) == team,
            col(Install.expires_at) == expires_at,
            or_(
                col(Install.refreshing_until).is_(None),
                col(Install.refreshing_until) <= now,
            ),
        )
        .values(refreshing_until=now + REFRESHING)
    )
    return bool(done.rowcount)  # type: ignore[attr-defined]


def end_refresh(
    session: Session,
    team: str,
    *,
    token: str | None = None,
    refresh_token: str | None = None,
    expires_at: datetime | None = None,
    trouble: str | None = None,
) -> None:
    """Keep the renewed tokens, or why there are none."""
    row = session.get(Install, (SLACK, team), with_for_update=True)
    if row is None or row.revoked_at is not None:
        return
    row.refreshing_until, row.trouble = None, trouble
    if token is not None:
        row.token, row.refresh_token, row.expires_at = token, refresh_token, expires_at
    session.add(row)


def expire(session: Session, team: str, at: datetime) -> None:
    """The token that was to last longer is over."""
    session.execute(
        update(Install)
        .where(
            col(Install.platform) == SLACK,
            col(Install.team) == team,
            col(Install.expires_at) > at,
        )
        .values(expires_at=at)
    )


def _value(row: Install) -> Workspace:
    return Workspace(
        platform=row.platform, team=row.team, **{name: getattr(row, name) for name in _KEPT}
    )
