"""Loads accounts' snapshots and adds what is not their own: arm, rollout, calibration, pause."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlmodel import Session

from engine import holdout
from engine.calibration import scale
from engine.snapshot import Blocker, Snapshot, Staff
from service import arm, routing
from service.config import Applied
from service.context import Context
from store import calibrations, config, facts, past, pauses


def load(
    context: Context, session: Session, account: str, now: datetime, applied: Applied
) -> Snapshot | None:
    """All facts for one decision, None where there is no such account."""
    return load_all(context, session, [account], now, applied).get(account)


def staff(
    context: Context, session: Session, account: str, now: datetime, applied: Applied
) -> Staff | None:
    """The account and its people alone: for what needs no decision."""
    found = facts.staff(session, account, now, applied.catalogue, channels=context.channels)
    if found is None or not _mails(context, applied):
        return found
    return replace(found, people=routing.by_mail(session, {account: found.people}, now)[account])


def load_all(
    context: Context, session: Session, accounts: Collection[str], now: datetime, applied: Applied
) -> dict[str, Snapshot]:
    """All facts for a decision about each of these accounts, of those there are."""
    if not accounts:
        return {}
    found = facts.load_all(session, accounts, now, applied.catalogue, channels=context.channels)
    if _mails(context, applied):
        people = routing.by_mail(session, {a: one.people for a, one in found.items()}, now)
        found = {a: replace(one, people=people[a]) for a, one in found.items()}
    arms = arm.of_all(context, session, found, now, applied)
    calibration = calibrations.in_force(session, scale(applied.policy), now)
    paused, released = (
        pauses.in_force(session, now),
        _released(context, session, found, now, applied),
    )
    return {
        account: replace(
            one,
            arm=arms[account],
            rollout_open=account in released,
            widget_on=bool(applied.config.widget.origins),
            calibration=calibration,
            paused=paused.since if paused else None,
        )
        for account, one in found.items()
    }


def _mails(context: Context, applied: Applied) -> bool:
    """Whether alerts are pushed by e-mail, too."""
    return applied.policy.email.summaries and routing.EMAIL in context.channels


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """What people and admins may change at any time for all accounts at once."""

    version: int | None
    paused: int | None
    blockers: tuple[Blocker, ...]


def common(session: Session, now: datetime) -> Common:
    """What holds for all accounts."""
    paused = pauses.in_force(session, now)
    return Common(
        version=config.newest_version(session),
        paused=paused.id if paused else None,
        blockers=past.everyones(session, now),
    )


def _released(
    context: Context, session: Session, accounts: Iterable[str], now: datetime, applied: Applied
) -> set[str]:
    """The accounts to which the rollout has come: by hash, over `rollout_days`."""
    days = applied.policy.rollout_days
    live = facts.first_policy_at(session) if days > 0 else None
    if live is None or now >= live + timedelta(days=days):
        return set(accounts)
    key, open = context.secrets.key("rollout"), (now - live) / timedelta(days=days)
    return {account for account in accounts if open >= holdout.drawn(key, account)}


def zone(session: Session, account: str, applied: Applied) -> str | None:
    """The account's time zone, None where there is no such account."""
    return facts.zone(session, account, applied.catalogue)
