"""Who could first have been asked, in which arm, and what the account did: what lift is read from.

Asks alone: a milestone passes every gate long before a limit is near, and would stand for nearly
every account's first exposure.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from engine.alert import AlertClass, FeedbackKind, Moment, Outcome
from engine.exposure import Happened, OutcomeKind
from engine.snapshot import BlockerKind
from store import tables

_REFLECTIONS = (Moment.MILESTONE, Moment.RIGHT_SIZE)
_REFUSALS = (
    FeedbackKind.DISMISSED,
    FeedbackKind.SNOOZED,
    FeedbackKind.DECLINED,
    FeedbackKind.NOT_USEFUL,
)
_SAID = dict.fromkeys(map(str, _REFUSALS), OutcomeKind.DISMISSAL) | {
    str(FeedbackKind.MUTED): OutcomeKind.MUTE
}
_MOVES = {1: OutcomeKind.UPGRADE, -1: OutcomeKind.CHURN}
_TROUBLE = {
    str(BlockerKind.CANCELLATION): OutcomeKind.CHURN,
    str(BlockerKind.TICKET): OutcomeKind.TICKET,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredExposure:
    """An account's first ask that only the holdout could hold back, and whether it did."""

    account: str
    at: datetime
    held: bool
    policy_version: int


def firsts(session: Session) -> list[StoredExposure]:
    """First exposures of all accounts that chance put into an arm, oldest first."""
    decision = tables.Decision
    first = (
        select(col(decision.account), func.min(col(decision.at)).label("at"))
        .where(col(decision.exposed), col(decision.moment).not_in(_REFLECTIONS))
        .group_by(col(decision.account))
        .subquery()
    )
    rows = session.exec(
        select(decision.account, decision.at, decision.outcome, decision.policy_version)
        .join(first, (col(decision.account) == first.c.account) & (col(decision.at) == first.c.at))
        .join(tables.Account, col(tables.Account.id) == col(decision.account))
        .where(col(tables.Account.holdout) == "auto")
        .order_by(col(decision.at), col(decision.account))
    )
    return [
        StoredExposure(
            account=account, at=at, held=outcome == Outcome.HELD_OUT, policy_version=version
        )
        for account, at, outcome, version in rows
    ]


def outcomes(session: Session, since: datetime) -> list[Happened]:
    """What accounts did from `since` on: moves between plans, trouble, answers to asks."""
    return [*_moves(session, since), *_trouble(session, since), *_answers(session, since)]


def made(session: Session) -> list[datetime]:
    """When each account came to be, oldest first."""
    return list(
        session.exec(
            select(tables.Account.created_at).order_by(col(tables.Account.created_at))
        ).all()
    )


def _moves(session: Session, since: datetime) -> list[Happened]:
    change = tables.PlanChange
    rows = session.exec(
        select(change.account, change.at, change.direction).where(
            col(change.at) >= since, col(change.direction).in_(_MOVES)
        )
    )
    return [Happened(account=a, at=at, kind=_MOVES[direction]) for a, at, direction in rows]


def _trouble(session: Session, since: datetime) -> list[Happened]:
    blocker = tables.Blocker
    rows = session.exec(
        select(blocker.account, blocker.opened, blocker.kind).where(
            col(blocker.opened) >= since, col(blocker.kind).in_(_TROUBLE)
        )
    )
    return [Happened(account=a, at=at, kind=_TROUBLE[kind]) for a, at, kind in rows]


def _answers(session: Session, since: datetime) -> list[Happened]:
    said, alert = tables.Feedback, tables.Alert
    rows = session.exec(
        select(said.account, said.at, said.kind)
        .join(alert, (col(alert.account) == col(said.account)) & (col(alert.id) == col(said.alert)))
        .where(
            col(said.at) >= since,
            col(said.kind).in_(_SAID),
            col(said.undone_at).is_(None),
            col(alert.alert_class) == AlertClass.ASK,
        )
    )
    return [Happened(account=a, at=at, kind=_SAID[kind]) for a, at, kind in rows]
