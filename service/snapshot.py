"""Loads an account's snapshot and adds what is not its own: arm, rollout, calibration, pause."""

from dataclasses import replace
from datetime import datetime

from sqlmodel import Session

from engine import holdout
from engine.calibration import scale
from engine.snapshot import Snapshot
from service import arm
from service.config import Applied
from service.context import Context
from store import calibrations, facts, pauses


def load(
    context: Context, session: Session, account: str, now: datetime, applied: Applied
) -> Snapshot | None:
    """All facts for one decision, None where there is no such account."""
    snapshot = facts.load(session, account, now, applied.catalogue, channels=context.channels)
    if snapshot is None:
        return None
    return replace(
        snapshot,
        arm=arm.of(context, session, account, now, applied),
        rollout_open=_released(context, session, account, now, applied),
        widget_on=bool(applied.config.widget.origins),
        calibration=calibrations.in_force(session, scale(applied.policy), now),
        paused=paused.since if (paused := pauses.in_force(session)) else None,
    )


def _released(
    context: Context, session: Session, account: str, now: datetime, applied: Applied
) -> bool:
    """Whether the rollout has come to this account: by hash, over `rollout_days`."""
    days, live = applied.policy.rollout_days, facts.first_policy_at(session)
    if days <= 0 or live is None:
        return True
    share = holdout.drawn(context.secrets.key("rollout"), account)
    return (now - live).total_seconds() >= share * days * 86400


def zone(session: Session, account: str, applied: Applied) -> str | None:
    """The account's time zone, None where there is no such account."""
    return facts.zone(session, account, applied.catalogue)
