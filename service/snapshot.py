"""Loads accounts' snapshots and adds what is not their own: arm, rollout, calibration, pause."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session

from engine import holdout
from engine.calibration import scale
from engine.snapshot import Blocker, Snapshot
from service import arm
from service.config import Applied
from service.context import Context
from store import calibrations, config, facts, past, pauses


def load(
    context: Context, session: Session, account: str, now: datetime, applied: Applied
) -> Snapshot | None:
    """All facts for one decision, None where there is no such account."""
    return load_all(context, session, [account], now, applied).get(account)


def load_all(
    context: Context, session: Session, accounts: Collection[str], now: datetime, applied: Applied
) -> dict[str, Snapshot]:
    """All facts for a decision about each of these accounts, of those there are."""
    found = facts.load_all(session, accounts, now, applied.catalogue, channels=context.channels)
    arms = arm.of_all(context, session, found, now, applied)
    calibration = calibrations.in_force(session, scale(applied.policy), now)
    paused, live = pauses.in_force(session), facts.first_policy_at(session)
    return {
        account: replace(
            one,
            arm=arms[account],
            rollout_open=_released(context, account, live, now, applied),
            widget_on=bool(applied.config.widget.origins),
            calibration=calibration,
            paused=paused.since if paused else None,
        )
        for account, one in found.items()
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """What people and admins may change at any time for all accounts at once."""

    version: int | None
    paused: int | None
    blockers: tuple[Blocker, ...]


def common(session: Session, now: datetime) -> Common:
    """What holds for all accounts."""
    paused = pauses.in_force(session)
    return Common(
        version=config.newest_version(session),
        paused=paused.id if paused else None,
        blockers=past.everyones(session, now),
    )


def _released(
    context: Context, account: str, live: datetime | None, now: datetime, applied: Applied
) -> bool:
    """Whether the rollout has come to this account: by hash, over `rollout_days`."""
    days = applied.policy.rollout_days
    if days <= 0 or live is None:
        return True
    share = holdout.drawn(context.secrets.key("rollout"), account)
    return (now - live).total_seconds() >= share * days * 86400


def zone(session: Session, account: str, applied: Applied) -> str | None:
    """The account's time zone, None where there is no such account."""
    return facts.zone(session, account, applied.catalogue)
