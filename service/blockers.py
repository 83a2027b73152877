"""Keeps a wrong time to speak inside a unit of work, and writes down who said so."""

from datetime import datetime

from sqlmodel import Session

from engine.snapshot import Blocker
from store import audit, roster


def keep(
    session: Session,
    account: str,
    stated: Blocker,
    before: Blocker | None,
    *,
    now: datetime,
    by: str,
) -> None:
    """State a blocker anew; `before`: how it was."""
    roster.put_blocker(session, account, stated)
    entry = audit.Entry(
        at=now,
        actor=by,
        action="blocker.put",
        account=account,
        before=told(before) if before else None,
        after=told(stated),
    )
    audit.add(session, entry)


def told(blocker: Blocker) -> dict[str, object]:
    """A blocker as the audit log has it."""
    return {
        "id": blocker.id,
        "kind": blocker.kind,
        "urgent": blocker.urgent,
        "from": blocker.opened.isoformat(),
        "until": blocker.closed.isoformat() if blocker.closed else None,
    }
